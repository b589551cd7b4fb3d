"""The reasoner behind any OpenAI-compatible server (vLLM, llama.cpp): same facts, same rationale, same guardrails.

The answer is constrained by a JSON schema to the given facts and the four relations; whatever comes back is read with care.
"""

import json
import time
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.domain import FactLine, ModelVersion, Rationale, Reason, Relation
from app.errors import ReasonerFailed
from models.prompt import GRADES, MOST_FACTS, line, summary

_MOST_BYTES = 200_000
_TASK = (
    "You are a credit analyst. Below are facts on a borrower, each with its id, how it stands for a lender, where it went since last "
    "year and policy's verdict. Say which facts drive the risk up, which down, and which conflict: they look otherwise than the risk is. "
    "Leave out facts that do nothing. Then give the risk grade, 1 the best and 7 the worst. Answer with the JSON asked for alone."
)
_SURE, _TRACE = 0.85, 0.025  # a server names one grade: the others keep a trace, as no one is sure


class _Cited(BaseModel):
    model_config = ConfigDict(extra="forbid")
    fact: str
    relation: Relation


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reasons: list[_Cited] = Field(max_length=MOST_FACTS)
    grade: int = Field(ge=1, le=len(GRADES))


class ServerReasoner:
    """A reasoner that asks a server. One try takes at most `seconds`, however slowly the server drips its answer."""

    def __init__(self, url: str, model: str, key: str, seconds: float) -> None:
        self._url, self._model, self._seconds = url.rstrip("/") + "/chat/completions", model, seconds
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.version = ModelVersion("reasoner", f"{model or 'default'} on a server", "")

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:
        """Return the server's rationale of `facts`. Raises ReasonerFailed where it hangs, refuses or answers with something else."""
        kept = tuple(facts[:MOST_FACTS])
        try:
            content = json.loads(self._ask(kept, fault))["choices"][0]["message"]["content"]
            answer = _Answer.model_validate_json(content)
        except (ValueError, LookupError, TypeError, ValidationError) as error:
            raise ReasonerFailed("gave an answer that is not the JSON asked for") from error
        count = len(answer.reasons)
        reasons = tuple(Reason(r.fact, r.relation, round(1 - n / (count + 1), 4)) for n, r in enumerate(answer.reasons))
        signal = tuple(_SURE if grade == answer.grade else _TRACE for grade in range(1, len(GRADES) + 1))
        return Rationale(kept, reasons, (), signal, self.version)

    def _ask(self, facts: Sequence[FactLine], fault: str) -> bytes:
        """Return the body of the server's answer, read within time and size."""
        end, body = time.monotonic() + self._seconds, b""
        try:
            with (
                httpx.Client(timeout=self._seconds, headers=self._headers, follow_redirects=False) as client,
                client.stream("POST", self._url, json=self._request(facts, fault)) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise ReasonerFailed(f"was answered by the server with status {response.status_code}")
                for part in response.iter_bytes():
                    body += part
                    if time.monotonic() > end or len(body) > _MOST_BYTES:
                        raise ReasonerFailed("sent too long an answer" if len(body) > _MOST_BYTES else self._late())
        except httpx.TimeoutException as error:
            raise ReasonerFailed(self._late()) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ReasonerFailed(f"could not be reached at its server ({type(error).__name__})") from error
        return body

    def _late(self) -> str:
        return f"gave no answer within {self._seconds:g} seconds"

    def _request(self, facts: Sequence[FactLine], fault: str) -> dict[str, Any]:
        told = "\n".join(f"{fact.id}:{line(fact)}" for fact in facts)
        again = f"\n\nAn earlier answer was refused: it {fault}." if fault else ""
        form = {"name": "rationale", "strict": True, "schema": schema(facts)}
        return {
            "model": self._model,
            "temperature": 0,
            "seed": 0,
            "max_tokens": 40 * len(facts) + 40,
            "messages": [{"role": "system", "content": _TASK}, {"role": "user", "content": f"{summary(facts)}\n{told}{again}"}],
            "response_format": {"type": "json_schema", "json_schema": form},
        }


def schema(facts: Sequence[FactLine]) -> dict[str, Any]:
    """Return the JSON schema of an answer: reasons on given facts alone, and a grade."""
    relations = [r.value for r in Relation if r is not Relation.NEUTRAL]
    reason = _object({"fact": {"enum": [fact.id for fact in facts]}, "relation": {"enum": relations}})
    return _object({
        "reasons": {"type": "array", "items": reason, "minItems": 1, "maxItems": len(facts)},
        "grade": {"type": "integer", "enum": [int(grade) for grade in GRADES]},
    })  # fmt: skip


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
