"""The language model that the host has named, behind an OpenAI-compatible API: asked a question, it answers in JSON.

The address is the host's own choice, so it may lie in a private network; redirects lead nowhere.
"""

import json
from typing import Any

import httpx

from reelroom.config import Settings
from reelroom.transcripts.summing_up import Question, Unusable

_CONNECTS_WITHIN, _ANSWERS_WITHIN = 10.0, 900.0  # s: on a machine without a graphics card a model takes minutes
_LARGEST_ANSWER = 1 << 20  # bytes
_SHOWN = 200  # letters of what it complains of
_OTHER_FORMAT = {400, 422}  # what APIs answer that know no schemas for answers


class NoAnswer(Exception):
    """The model cannot be asked now; the message says why."""


class LanguageModel:
    """One model; the key is read anew for each question, so that it may be changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        timeout = httpx.Timeout(_ANSWERS_WITHIN, connect=_CONNECTS_WITHIN)
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)
        self._knows_schemas = True

    @property
    def name(self) -> str:
        """As its API calls it."""
        return self._settings.summary_model

    async def ask(self, question: Question, complaint: str = "") -> str:
        """What it answers, word for word; `complaint`: what was wrong with its last answer to that question.

        Raises NoAnswer, and Unusable where it says nothing.
        """
        wanted = question.instructions
        if complaint:
            wanted += f"\nYour last answer could not be used: {complaint}. Answer again."
        told = [{"role": "system", "content": wanted}, {"role": "user", "content": question.text}]
        body: dict[str, Any] = {"model": self.name, "messages": told, "stream": False}
        schema = {"name": "summary", "strict": True, "schema": question.schema}
        as_json = {"response_format": {"type": "json_schema", "json_schema": schema}}
        status, answer = await self._post(body | (as_json if self._knows_schemas else {}))
        if status in _OTHER_FORMAT and self._knows_schemas:
            status, answer = await self._post(body)
            self._knows_schemas = status in _OTHER_FORMAT  # it was something else that it did not like
        if status != httpx.codes.OK:
            raise NoAnswer(f"the model's server answers {status}: {_words_of(answer)}")
        try:
            text = json.loads(answer)["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError):
            raise Unusable(
                "the model's server answers with something else than an OpenAI-compatible API does"
            ) from None
        if not isinstance(text, str) or not text.strip():
            raise Unusable("it is empty")
        return text

    async def _post(self, body: dict[str, Any]) -> tuple[int, bytes]:
        url = f"{self._settings.summary_url.rstrip('/')}/chat/completions"
        try:
            async with self._client.stream("POST", url, json=body, headers=authorization(self._settings)) as answer:
                read = bytearray()
                async for piece in answer.aiter_bytes():
                    read += piece
                    if len(read) > _LARGEST_ANSWER:
                        raise Unusable("it is too long")
                return answer.status_code, bytes(read)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise NoAnswer(f"the model's server cannot be reached: {why}") from None

    async def close(self) -> None:
        """Ask nothing more."""
        await self._client.aclose()


def authorization(settings: Settings) -> dict[str, str]:
    """The headers that open the API: none where it wants no key. Raises NoAnswer."""
    key, file = settings.summary_key, settings.summary_key_file
    if file is not None:
        try:
            key = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise NoAnswer(f"the model's key cannot be read: {error}") from None
    return {"Authorization": f"Bearer {key}"} if key else {}


def _words_of(answer: bytes) -> str:
    """What an API complains of, on one line."""
    text = answer.decode(errors="replace")
    try:
        error = json.loads(text)["error"]
        text = str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        pass
    return " ".join(text.split())[:_SHOWN] or "without a word"
