"""What the doctor says of the language model that sums up transcripts, where the host has named one."""

import httpx

from reelroom.archives.language_model import NoAnswer, authorization
from reelroom.cli.finding import Finding
from reelroom.config import Settings

_PATIENCE = 5.0  # s


def examine(settings: Settings) -> list[Finding]:
    """Whether its API answers, and has that model; nothing where there is none. Nothing but its name is told."""
    if not settings.summary_url:
        return []
    url, model = settings.summary_url.rstrip("/"), settings.summary_model
    try:
        answer = httpx.get(f"{url}/models", headers=authorization(settings), timeout=_PATIENCE, trust_env=False)
        answer.raise_for_status()
        names = [str(each["id"]) for each in answer.json()["data"]]
    except (NoAnswer, httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        remedy = "see that it runs, and REELROOM_SUMMARY_URL and its key"
        return [Finding("summaries", False, f"{url} does not list its models: {error}", remedy, required=False)]
    if not any(name == model or name.startswith(f"{model}:") for name in names):
        remedy = f"it has {', '.join(names[:10]) or 'none'}: set REELROOM_SUMMARY_MODEL"
        return [Finding("summaries", False, f"{url} has no model {model}", remedy, required=False)]
    return [Finding("summaries", True, f"{model} at {url}")]
