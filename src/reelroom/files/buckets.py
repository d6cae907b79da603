"""Buckets of projects' own, S3's and Azure's: what is written there, and why it cannot be."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, S3Store

_TYPES = {
    ".mp4": "video/mp4",
    ".zip": "application/zip",
    ".json": "application/json",
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "application/x-subrip; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_AT_ONCE = 3  # parts of 5 MiB each that are under way: what an upload takes of memory
_AMAZON = "amazonaws.com"
_REGION = re.compile(r"\bs3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.")  # as in s3.eu-west-1.amazonaws.com


class NotUploaded(Exception):
    """A bucket did not take a file; the message says why, without credentials."""


class Uploader:
    """Uploads through a proxy, which says what addresses may be reached."""

    def __init__(self, proxy: str) -> None:
        # A part that takes longer has stalled; the whole upload may take hours.
        self._client: dict[str, Any] = {"proxy_url": proxy, "connect_timeout": "15s", "timeout": "5m"}
        self._retry: dict[str, Any] = {"max_retries": 2}

    async def upload(self, kind: str, config: Mapping[str, str], file: Path, key: str) -> None:
        """`file` lies at `key` in the bucket, whole, when this returns. Raises NotUploaded, OSError."""
        size = file.stat().st_size
        try:
            store = self._store(kind, config)
            attributes: Any = {"Content-Type": _TYPES.get(file.suffix, "application/octet-stream")}
            await obstore.put_async(store, key, file, attributes=attributes, max_concurrency=_AT_ONCE)
            there = (await obstore.head_async(store, key))["size"]
        except (BaseError, ValueError, FileNotFoundError) as error:
            raise NotUploaded(_said(error, config)) from None
        if there != size:
            raise NotUploaded(f"the bucket has {there} bytes of {size}")

    async def remove(self, kind: str, config: Mapping[str, str], key: str) -> None:
        """Nothing lies at `key` any more. Raises NotUploaded."""
        try:
            with suppress(FileNotFoundError):  # the library has Python's own for what is not in a bucket
                await obstore.delete_async(self._store(kind, config), key)
        except (BaseError, ValueError) as error:
            raise NotUploaded(_said(error, config)) from None

    def _store(self, kind: str, config: Mapping[str, str]) -> S3Store | AzureStore:
        client: Any = {**self._client, "allow_http": endpoint_of(kind, config).startswith("http://")}
        retry: Any = self._retry
        if kind == "azure":
            elsewhere: Any = {"endpoint": endpoint_of(kind, config)} if config.get("domain") else {}
            return AzureStore(
                config["container"],
                account_name=config["accountName"],
                account_key=config["accountKey"],
                client_options=client,
                retry_config=retry,
                **elsewhere,
            )
        options: Any = {}
        if config.get("sse") == "s3":
            options["server_side_encryption"] = "AES256"
        endpoint = endpoint_of(kind, config)
        return S3Store(
            config["bucket"],
            endpoint=endpoint,
            region=config.get("region") or region_of(endpoint),
            access_key_id=config["accessKey"],
            secret_access_key=config["secretKey"],
            virtual_hosted_style_request=False,
            client_options=client,
            retry_config=retry,
            **options,
        )


def endpoint_of(kind: str, config: Mapping[str, str]) -> str:
    """The web address that a bucket's files are sent to."""
    if kind == "azure":
        domain = config.get("domain", "")
        if "://" in domain:
            return domain.rstrip("/")
        return f"https://{config['accountName']}.{domain or 'blob.core.windows.net'}"
    return (config.get("endpoint") or _amazon(config.get("region", ""))).rstrip("/")


def _amazon(region: str) -> str:
    return f"https://s3.{region}.{_AMAZON}" if region else f"https://s3.{_AMAZON}"


def region_of(endpoint: str) -> str:
    """The region that an address names; us-east-1 where it names none, which servers other than Amazon's take."""
    found = _REGION.search(urlsplit(endpoint).netloc)
    return found[1] if found else "us-east-1"


def _said(error: Exception, config: Mapping[str, str]) -> str:
    """What went wrong, in a line, without what opens the bucket."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = next((line for line in lines if "Debug source" not in line), type(error).__name__)
    for name in ("accessKey", "secretKey", "accountKey"):
        if config.get(name):
            said = said.replace(config[name], "…")
    return f"{type(error).__name__.removesuffix('Error')}: {said}"[:255]
