"""Learning what a service can do, and writing the smallest spec that says it.

service   sends questions with one style of auth, and keeps what every reply was
survey    which address and which auth lead to the service
chat      questions about a language model: parameters, streams, tools, JSON, reasoning
tasks     one question for each other model type, and for the list of models
learned   what was learned: differences from the parent, models, findings with their evidence
spec_text what was learned -> the text of a spec
curl      a pasted curl command -> the text of a spec
"""

from __future__ import annotations

from .chat import ask_chat
from .learned import Learned, Note
from .service import Service
from .survey import survey
from .tasks import ask_models, ask_tasks

__all__ = ["Learned", "Note", "Service", "probe"]


def probe(service: Service, *, model: str | None = None) -> Learned:
    """Ask a service what it can do. ConnectionFailed or TimedOut when it does not answer at all.

    Each question is one small request. `model` is the language model to ask; without it one is
    chosen from the service's list.
    """
    learned = Learned()
    if not survey(service, learned):
        return learned
    listed = ask_models(service, learned)
    ask_chat(service, learned, listed, model)
    ask_tasks(service, learned, listed)
    learned.read_errors(service.failures)
    return learned
