"""Show images to a model: one as bytes, one by its URL.

Bytes need no media type: PNG, JPEG, GIF and WebP are told by how they begin. Whether a service
takes URLs, bytes or both is said in its spec; what it does not take is refused before it is sent.
"""

import base64
import os

from model_runtime import Image, Message, ModelRuntime, Text

MODEL = os.environ.get("MODEL", "local/small")

RED_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def main() -> None:
    message = Message(
        "user",
        [
            Text("Which colour has the first image, and what does the second one show?"),
            Image(data=RED_DOT),
            Image(url="https://images.example.com/harbour.jpg", detail="low"),
        ],
    )
    with ModelRuntime() as runtime:
        print(runtime.llm(MODEL).invoke(message).text)


if __name__ == "__main__":
    main()
