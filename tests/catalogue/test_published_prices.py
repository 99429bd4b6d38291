"""Golden prices: what services publish on pages of their own, against what their calls cost here.

Every figure is written as its page writes it: dollars for a million tokens or characters, for an
hour or a minute of audio. `read` is when the page was read, in a stored copy that may be older;
`as_of` is the date of the copy, where it tells one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from model_runtime import ModelRuntime
from model_runtime.pricing import price_of
from model_runtime.results.usage import Usage

MILLION = 1_000_000
HOUR, MINUTE = 3600, 60


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page on which a service tells its prices."""

    url: str
    read: str = "2026-11"
    as_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a page says that one model costs: `figures` by what is counted, each for `per` of it.

    A call of `amount` of each is priced. `under` holds the conditions of the price.
    """

    page: Page
    model: str
    figures: Mapping[str, str]
    model_type: str = "llm"
    per: int = MILLION
    amount: int = MILLION
    under: Mapping[str, Any] = field(default_factory=dict)


ANTHROPIC = Page(url="https://platform.claude.com/docs/en/about-claude/pricing")
OPUS = Page(url="https://platform.claude.com/docs/en/models/opus-5-5/overview")
OPENAI = "https://developers.openai.com/api/docs/models/"
COMPARED = Page(url=f"{OPENAI}compare?model=gpt-4o-mini-transcribe")
XAI = Page(url="https://docs.x.ai/developers/pricing")
GROQ = Page(url="https://console.groq.com/docs/models")
DEEPSEEK = Page(url="https://api-docs.deepseek.com/quick_start/pricing")
MISTRAL = Page(url="https://docs.mistral.ai/inference/pricing", as_of="2026-08-21")
PERPLEXITY = Page(url="https://docs.perplexity.ai/getting-started/pricing")
CLOUDFLARE = Page(url="https://developers.cloudflare.com/workers-ai/platform/pricing/")

BATCH = {"batch": True}
AN_HOUR = {"kept_for": "1h"}


def tokens(plain: str, output: str, **more: str) -> dict[str, str]:
    """The figures of input and output, and of parts of them."""
    return {"input_tokens": plain, "output_tokens": output} | more


CASES = [
    Case(
        page=ANTHROPIC,
        model="anthropic/claude-opus-5",
        figures=tokens("5", "25", cache_read_tokens="0.50", cache_write_tokens="6.25"),
    ),
    Case(
        page=ANTHROPIC,
        model="anthropic/claude-opus-5",
        figures=tokens("5", "25", cache_write_tokens="10"),
        under=AN_HOUR,
    ),
    Case(
        page=ANTHROPIC,
        model="anthropic/claude-fable-5-1",
        figures=tokens("10", "50", cache_read_tokens="0.25", cache_write_tokens="12.50"),
    ),
    Case(
        page=OPUS,  # the cached read is a twentieth of the input, not a tenth
        model="anthropic/claude-opus-5-5",
        figures=tokens("4", "20", cache_read_tokens="0.20", cache_write_tokens="5"),
    ),
    Case(
        page=OPUS,
        model="anthropic/claude-opus-5-5",
        figures=tokens("4", "20", cache_write_tokens="8"),
        under=AN_HOUR,
    ),
    Case(
        page=OPUS,  # "50% discount on input and output"
        model="anthropic/claude-opus-5-5",
        figures=tokens("2", "10"),
        under=BATCH,
    ),
    Case(
        page=COMPARED,
        model="openai/gpt-6-astra",
        figures=tokens("10", "50", cache_read_tokens="1", cache_write_tokens="12.50"),
        amount=50_000,  # dearer when the input is long, which this page does not tell
    ),
    Case(
        page=COMPARED,
        model="openai/gpt-4o-mini-transcribe",
        model_type="speech2text",
        figures=tokens("1.25", "5"),
    ),
    Case(
        page=Page(url=f"{OPENAI}text-embedding-3-large"),
        model="openai/text-embedding-3-large",
        model_type="text-embedding",
        figures={"input_tokens": "0.13"},
    ),
    Case(
        page=Page(url=f"{OPENAI}text-embedding-3-large"),  # "quick comparison"
        model="openai/text-embedding-3-small",
        model_type="text-embedding",
        figures={"input_tokens": "0.02"},
    ),
    Case(
        page=Page(url=f"{OPENAI}whisper-1"),
        model="openai/whisper-1",
        model_type="speech2text",
        figures={"seconds": "0.006"},
        per=MINUTE,
        amount=7 * MINUTE + 1,
    ),
    Case(
        page=Page(url=f"{OPENAI}tts-1"),
        model="openai/tts-1",
        model_type="tts",
        figures={"characters": "15.00"},
        amount=4096,
    ),
    Case(
        page=Page(url=f"{OPENAI}tts-1-hd"),
        model="openai/tts-1-hd",
        model_type="tts",
        figures={"characters": "30"},
    ),
    Case(
        page=XAI,
        model="x/grok-4.7",
        figures=tokens("2.00", "6.00", cache_read_tokens="0.50"),
        amount=99_999,  # with the cached ones 199,998 in all
    ),
    Case(
        page=XAI,  # "long context >= 200k tokens"
        model="x/grok-4.7",
        figures=tokens("4.00", "12.00", cache_read_tokens="1.00"),
        amount=100_000,
    ),
    Case(
        page=XAI,
        model="x/grok-4.3",
        figures=tokens("2.50", "5.00", cache_read_tokens="0.40"),
    ),
    Case(
        page=Page(url="https://docs.x.ai/developers/models/speech-to-text", as_of="2026-04-15"),
        model="x/grok-voice-transcribe-2.0",  # the page has one price for all transcription by REST
        model_type="speech2text",
        figures={"seconds": "0.10"},
        per=HOUR,
        amount=HOUR,
    ),
    Case(page=GROQ, model="groq/llama-3.1-8b-instant", figures=tokens("0.05", "0.08")),
    Case(page=GROQ, model="groq/llama-3.3-70b-versatile", figures=tokens("0.59", "0.79")),
    Case(page=GROQ, model="groq/openai/gpt-oss-120b", figures=tokens("0.15", "0.60")),
    Case(page=GROQ, model="groq/openai/gpt-oss-20b", figures=tokens("0.075", "0.30")),
    Case(
        page=GROQ,
        model="groq/whisper-large-v3",
        model_type="speech2text",
        figures={"seconds": "0.111"},
        per=HOUR,
        amount=HOUR,
    ),
    Case(
        page=GROQ,
        model="groq/whisper-large-v3-turbo",
        model_type="speech2text",
        figures={"seconds": "0.04"},
        per=HOUR,
        amount=90 * MINUTE,
    ),
    # Half of this outside of the peak hours, which no condition of ours tells: an upper bound.
    Case(
        page=DEEPSEEK,
        model="deepseek/deepseek-flash",
        figures=tokens("0.3", "1.2", cache_read_tokens="0.006"),
    ),
    Case(
        page=DEEPSEEK,
        model="deepseek/deepseek-v4-pro",
        figures=tokens("1.32", "3.96", cache_read_tokens="0.044"),
    ),
    Case(page=MISTRAL, model="mistralai/mistral-large-latest", figures=tokens("0.5", "1.5")),
    Case(page=MISTRAL, model="mistralai/mistral-medium-3-5", figures=tokens("1.5", "7.5")),
    Case(page=MISTRAL, model="mistralai/ministral-8b-2512", figures=tokens("0.15", "0.15")),
    Case(page=MISTRAL, model="mistralai/open-mistral-nemo", figures=tokens("0.15", "0.15")),
    Case(
        page=MISTRAL,
        model="mistralai/voxtral-small-2507",
        figures={"seconds": "0.004"},
        per=MINUTE,
        amount=316,
    ),
    Case(
        page=MISTRAL,
        model="mistralai/voxtral-mini-2602",
        model_type="speech2text",
        figures={"seconds": "0.003"},
        per=MINUTE,
        amount=10 * MINUTE,
    ),
    Case(
        page=MISTRAL,
        model="mistralai/voxtral-mini-tts-2603",
        model_type="tts",
        figures={"characters": "16.0"},
    ),
    Case(
        page=MISTRAL,
        model="mistralai/mistral-embed",
        model_type="text-embedding",
        figures={"input_tokens": "0.1"},
    ),
    Case(
        page=MISTRAL,
        model="mistralai/mistral-moderation-2603",
        model_type="moderation",
        figures=tokens("0", "0"),
    ),
    Case(page=PERPLEXITY, model="perplexity/sonar-pro", figures=tokens("3", "15")),
    Case(
        page=CLOUDFLARE,
        model="cloudflare/@cf/meta/llama-3.3-70b-instruct-fp8-fast",
        figures=tokens("0.293", "2.253"),
    ),
]


def shown(case: Case) -> str:
    """A name for a case: the model, what is counted besides tokens, and the conditions."""
    return "-".join((case.model, *case.figures, *map(str, case.under.values())))


def used(case: Case) -> Usage:
    """A usage of the amount of each thing that the case has a figure for."""
    parts = ("cache_read_tokens", "cache_write_tokens")
    found: dict[str, int] = {"input_tokens": 0, "output_tokens": 0}
    other: dict[str, Decimal] = {}
    for name in case.figures:
        if not name.endswith("_tokens"):
            other[name] = Decimal(case.amount)
            continue
        found[name] = case.amount
        if name in parts:
            found["input_tokens"] += case.amount  # cached tokens are a part of the input
    if "input_tokens" in case.figures:
        found["input_tokens"] = case.amount * (1 + sum(name in case.figures for name in parts))
    return Usage(**found, other=other)


@pytest.fixture(scope="module")
def runtime() -> Iterator[ModelRuntime]:
    """The bundled specs."""
    with ModelRuntime() as opened:
        yield opened


@pytest.mark.parametrize("case", CASES, ids=shown)
def test_call_costs_what_the_service_publishes(runtime: ModelRuntime, case: Case) -> None:
    """Of the bundled lists every part of a call has the price of the service's own page."""
    entry = runtime.model(case.model, case.model_type)
    found = price_of(used(case), entry.pricing, **case.under)
    assert found is not None
    assert found.currency == "USD"
    for name, figure in case.figures.items():
        exact = Decimal(figure) * case.amount / case.per
        assert found.parts[name] == exact.quantize(Decimal("0.0000001"), ROUND_HALF_UP), name
    assert found.total == sum(found.parts[name] for name in case.figures)


def test_pages_of_many_services_are_held() -> None:
    """At least eight services are compared, and prices of every kind but those of searches."""
    assert len({case.model.partition("/")[0] for case in CASES}) >= 8
    assert {name for case in CASES for name in case.figures} >= {
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "seconds",
        "characters",
    }
    assert {tuple(case.under) for case in CASES} == {(), ("batch",), ("kept_for",)}


@pytest.mark.parametrize(
    ("model", "usage", "total"),
    [
        # 2,000 in of which 1,500 cached, 300 out: 500 x 4 + 1,500 x 0.20 + 300 x 20 in millionths
        pytest.param(
            "anthropic/claude-opus-5-5",
            Usage(input_tokens=2_000, output_tokens=300, cache_read_tokens=1_500),
            "0.0083",
            id="cached",
        ),
        # 250,000 in of which 50,000 cached, 1,000 out: the long context's price for all of them
        pytest.param(
            "x/grok-4.7",
            Usage(input_tokens=250_000, output_tokens=1_000, cache_read_tokens=50_000),
            "0.862",
            id="long",
        ),
        # 7 in (0.00000105) and 9 out (0.0000054), among them 5 of reasoning, which cost as output
        pytest.param(
            "groq/openai/gpt-oss-120b",
            Usage(input_tokens=7, output_tokens=9, reasoning_tokens=5),
            "0.0000065",
            id="rounded-half-up",
        ),
    ],
)
def test_sum_of_a_call_is_as_worked_out_by_hand(
    runtime: ModelRuntime, model: str, usage: Usage, total: str
) -> None:
    """The total of a mixed call is the one that the published figures give on paper."""
    found = runtime.llm(model).price(usage)
    assert found is not None
    assert found.total == Decimal(total)


def test_search_of_a_reranker_costs_two_dollars_for_a_thousand(runtime: ModelRuntime) -> None:
    """Searches are counted in units. The figure is the open catalogues', for no page of the service
    itself with it was at hand: https://cohere.com/pricing tells what instances cost by the hour."""
    usage = Usage(other={"search_units": Decimal(3)})
    entry = runtime.model("cohere/rerank-v3.5", "rerank")
    found = price_of(usage, entry.pricing)
    assert found is not None
    assert found.total == Decimal("0.006")
