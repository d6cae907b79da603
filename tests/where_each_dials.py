"""Within a network of its own: whether any part that dials reaches this machine by its public address."""

import asyncio
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

OWN = ("93.184.216.34", "[2a01:4f8:1:2::3]")


async def _page(host: str, port: int) -> None:
    from reelroom.renders.page.show import PageRequest, _check

    await _check(PageRequest(f"http://{host}:{port}/", 640, 360, Path()))


async def _what_a_page_loads(host: str, port: int) -> None:
    import httpx

    from reelroom.egress import Egress

    proxy = Egress(private=False)
    async with httpx.AsyncClient(trust_env=False, proxy=await proxy.start()) as client:
        (await client.get(f"http://{host}:{port}/")).raise_for_status()


async def _callback(host: str, port: int) -> None:
    from reelroom.projects.delivery import Delivering

    keys = cast(Any, SimpleNamespace(api_key="1"))
    delivering = Delivering(cast(Any, None), keys, cast(Any, None), "node", asyncio.Event(), private=False)
    delivery = cast(Any, SimpleNamespace(project="2", url=f"http://{host}:{port}/"))
    client = await delivering._client_for(delivery)
    (await client.post(delivery.url)).raise_for_status()


async def _bucket(host: str, port: int) -> None:
    from reelroom.egress import Egress
    from reelroom.files.buckets import Uploader

    config = {"endpoint": f"http://{host}:{port}", "bucket": "b", "accessKey": "access", "secretKey": "secret"}
    await Uploader(await Egress(private=False).start()).remove("s3", config, "film.mp4")


async def _rtmp(host: str, port: int) -> None:
    from reelroom.broadcasts.dialling import Dialling

    await asyncio.to_thread(Dialling(private=False), f"rtmp://{host}:{port}/live/key")


async def _connector(host: str, port: int) -> None:
    from reelroom.connectors.process import outward

    async with outward(private=False) as session:
        await session.ws_connect(f"ws://{host}:{port}/")


async def _telephone(host: str, port: int) -> None:
    from reelroom.telephones.address import read_address
    from reelroom.telephones.process import _dial
    from reelroom.telephones.wish import Dialling

    uri = f"sip:ann@{host}:{port};transport=tcp"
    arguments = Namespace(sip="/bin/true", private_addresses=False, public_address="", media_ports="")
    await _dial(Dialling(uri), read_address(uri), arguments)


DIALLERS = (_page, _what_a_page_loads, _callback, _bucket, _rtmp, _connector, _telephone)


def prepare() -> None:
    """The machine has public addresses."""
    for own, prefix in zip(OWN, ("/32", "/128"), strict=True):
        subprocess.run(["ip", "addr", "add", own.strip("[]") + prefix, "dev", "lo"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


async def main() -> None:
    """Ends with a sentence for who reached it, or did not refuse."""
    reached: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(str(writer.get_extra_info("sockname")))
        writer.close()

    service = await asyncio.start_server(note, ["0.0.0.0", "::"], 8999)
    for own in OWN:
        for dialler in DIALLERS:
            try:
                await dialler(own, 8999)
            except Exception as error:
                sys.stdout.write(f"{dialler.__name__} {own}: {type(error).__name__} {error}\n")
            else:
                sys.exit(f"{dialler.__name__} did not refuse {own}")
            if reached:
                sys.exit(f"{dialler.__name__} reached {own}")
    reader, _ = await asyncio.open_connection("93.184.216.34", 8999)
    await reader.read()
    assert reached, "the service is there, and is reached by who may"
    service.close()


if __name__ == "__main__":
    prepare()
    asyncio.run(main())
