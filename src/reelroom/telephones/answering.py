"""Telephones that call in: asked for a room's number and PIN, and brought into its session."""

import asyncio
import contextlib
import hmac
import ipaddress
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from reelroom.config import Settings
from reelroom.egress import NotReachable, places
from reelroom.errors import Conflict, NotFound, Refused
from reelroom.measures import TELEPHONE_CALLERS
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.store import Store
from reelroom.store.values import Session, TelephoneNumber
from reelroom.telephones import prompts
from reelroom.telephones.address import read_address
from reelroom.telephones.calls import SessionTelephones
from reelroom.telephones.entry import NUMBER_DIGITS, PIN_DIGITS, Attempt, Entry
from reelroom.telephones.guesses import Guesses

_log = structlog.get_logger()

_ENTRY_SECONDS = 60.0  # for a number and a PIN
_GRACE_SECONDS = 5.0
# Within ten minutes. A provider brings all its calls from one address; who says to be calling can be made up.
_GUESSES_SECONDS = 600.0
_MOST_WRONG = {"caller": 9, "address": 60, "number": 30}
_MOST_WAITING = 10  # callers of an address who are asked for a PIN at once
_FORBIDDEN, _NOT_FOUND, _BUSY = (403, "Forbidden"), (404, "Not Found"), (486, "Busy Here")


@dataclass
class _Caller:
    """Somebody in the lobby; `last` is the timer that ends it, `places` where the hosts are that it names."""

    name: str
    address: str
    entry: Entry
    last: asyncio.TimerHandle
    places: dict[str, str]

    @property
    def who(self) -> dict[str, str]:
        """By what their guesses are counted."""
        return _who(self.name, self.address)


class TelephonesCallingIn:
    """Numbers and PINs of sessions, and, where telephones may call in, the program that takes their calls."""

    def __init__(
        self, settings: Settings, store: Store, telephones: SessionTelephones, sip_binary: Path | None
    ) -> None:
        self._settings = settings
        self._store = store
        self._telephones = telephones
        self._sip_binary = sip_binary
        self._guesses = Guesses(_GUESSES_SECONDS, _MOST_WRONG)
        self._callers: dict[str, _Caller] = {}
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._folder: Path | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._exchange: Any = None
        self.child: Callable[..., Any] = Child  # what keeps the program running

    # Numbers

    @property
    def enabled(self) -> bool:
        """Whether telephones may call in."""
        return bool(self._settings.sip_listen) and self._sip_binary is not None

    def uri(self, number: TelephoneNumber) -> str:
        """The SIP address of a session."""
        host, _, port = self._settings.sip_listen.rpartition(":")
        if self._settings.sip_public_address:
            host = self._settings.sip_public_address
        elif ipaddress.ip_address(host.strip("[]")).is_unspecified:
            host = urlsplit(self._settings.base_url).hostname or host
        return f"sip:{number.number}@{host}" + (f":{port}" if port != "5060" else "")

    async def make_number(self, session_id: str) -> TelephoneNumber:
        """A new number and PIN of a session; those before lead nowhere. Raises NotFound, Conflict."""
        if not self.enabled:
            raise Conflict("Telephones cannot call in here: REELROOM_SIP_LISTEN says where they may")
        session = await self._store.sessions.get(session_id)
        if session is None:
            raise NotFound(f"There is no session {session_id[:300]}")
        if why_not := _why_not(session):
            raise Conflict(why_not)
        while True:
            fresh = TelephoneNumber(
                session_id=session_id, number=_digits(NUMBER_DIGITS), pin=_digits(PIN_DIGITS), created_at=now_ms()
            )
            with contextlib.suppress(AlreadyThere):
                async with self._store.transaction() as tx:
                    await tx.telephone_numbers.remove(session_id)
                    await tx.telephone_numbers.add(fresh)
                return fresh

    async def number(self, session_id: str) -> TelephoneNumber:
        """Raises NotFound."""
        found = await self._store.telephone_numbers.get(session_id)
        if found is None or not self.enabled:
            raise NotFound("No telephone can call in here: it has no number")
        return found

    async def remove_number(self, session_id: str) -> None:
        """Nobody calls in any more. Raises NotFound."""
        if not await self._store.telephone_numbers.remove(session_id):
            raise NotFound("No telephone can call in here: it has no number")

    # Calls

    def start(self) -> None:
        """Take calls, where there is an address for them."""
        if not self.enabled:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="reelroom-"))
        self._exchange = self.child("telephones", self._program, forever=True, on_message=self._said.put_nowait)
        self._keep(self._run())
        self._keep(self._listen())

    async def close(self) -> None:
        """Take none any more; who has not come in is hung up."""
        if self._exchange is not None:
            await self._exchange.stop(_GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work, name="telephones calling in")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _program(self) -> Program:
        settings = self._settings
        command = [str(self._sip_binary), "serve", "--listen", settings.sip_listen, "--prompts", str(prompts.FOLDER)]
        command += ["--public", settings.sip_public_address, "--media-ports", settings.sip_media_ports]
        command += ["--most", str(settings.sip_most_calls)]
        return Program(command, log=settings.data_dir / "logs" / "telephones.log")

    async def _run(self) -> None:
        with contextlib.suppress(GaveUp):
            await self._exchange.run()

    async def _listen(self) -> None:
        while True:
            message = await self._said.get()
            try:
                await self._take(message)
            except Exception:
                _log.exception("what a caller did was not understood", event=message.get("event"))

    async def _take(self, message: Message) -> None:
        call = str(message.get("call", ""))
        match message.get("event"):
            case "call":
                self._keep(self._decide(call, message))
            case "may":
                self._keep(self._allow(call, message.get("hosts") or []))
            case "digit" if call in self._callers:
                await self._press(call, str(message["digit"]))
            case "gone":
                self._forget(call)

    async def _decide(self, call: str, message: Message) -> None:
        refusal = await self._refusal(call, message)
        if refusal is None:
            caller = self._callers[call]
            self._tell(call, answer=True, addresses=caller.places)
            self._tell(call, play=caller.entry.asks)
            return
        code, reason = refusal
        TELEPHONE_CALLERS.labels("refused").inc()
        _log.info("a telephone is refused", address=message.get("address"), code=code)
        self._tell(call, refuse=code, reason=reason)

    async def _refusal(self, call: str, message: Message) -> tuple[int, str] | None:
        """Why a call is not answered; None where it is, and then somebody is in the lobby."""
        address, dialled = str(message["address"]), str(message.get("to", ""))
        if (found := await self._places(message.get("hosts") or [], address)) is None:
            return _FORBIDDEN
        name = _name(str(message.get("from", "")))
        who = _who(name, address)
        if not self._guesses.may(time.monotonic(), **who):
            return _FORBIDDEN
        if sum(1 for each in self._callers.values() if each.address == address) >= _MOST_WAITING:
            return _BUSY
        entry = Entry.begin("")
        if not _same_number(dialled, self._settings.sip_number):
            if not dialled or await self._store.telephone_numbers.find(dialled) is None:
                self._guesses.wrong(time.monotonic(), **who)
                return _NOT_FOUND
            entry = Entry.begin(dialled)
        last = asyncio.get_running_loop().call_later(_ENTRY_SECONDS, self._tell_end, call)
        self._callers[call] = _Caller(name, address, entry, last, found)
        return None

    async def _allow(self, call: str, hosts: list[str]) -> None:
        caller = self._callers.get(call)
        found = await self._places(hosts, caller.address if caller else "")
        self._tell(call, allow=found is not None, addresses=found or {})

    async def _places(self, hosts: list[str], known: str) -> dict[str, str] | None:
        """Where hosts are that a call from the address `known` names; None where it may not send anything there."""
        try:
            return await places(
                [host for host in hosts if host != known], private=self._settings.private_destinations
            )
        except NotReachable:
            return None

    async def _press(self, call: str, key: str) -> None:
        caller = self._callers[call]
        caller.entry, outcome = caller.entry.press(key)
        if isinstance(outcome, Attempt):
            number = await self._opened(caller, outcome)
            if number is not None:
                self._forget(call)
                self._keep(self._bring(call, caller, number))
                return
            caller.entry, outcome = caller.entry.failed()
            TELEPHONE_CALLERS.labels("wrong").inc()
        if outcome == "goodbye":
            self._forget(call)
            self._tell(call, play=outcome, hangup=True)
        elif outcome is not None:
            self._tell(call, play=outcome)

    async def _opened(self, caller: _Caller, attempt: Attempt) -> TelephoneNumber | None:
        now = time.monotonic()
        who = {**caller.who, "number": attempt.number}
        number = await self._store.telephone_numbers.find(attempt.number)
        may = self._guesses.may(now, **who)
        if may and number is not None and hmac.compare_digest(number.pin, attempt.pin):
            return number
        self._guesses.wrong(now, **who)
        _log.info("a telephone was wrong", address=caller.address, may=may)
        return None

    async def _bring(self, call: str, caller: _Caller, number: TelephoneNumber) -> None:
        """Into its session."""
        assert self._folder is not None
        try:
            session = await self._store.sessions.get(number.session_id)
            if session is None or (why_not := _why_not(session)):
                raise Conflict(why_not if session else "its session is gone")
            socket = self._folder / call
            await self._telephones.come_in(session, caller.name, socket)
        except Refused as error:
            _log.warning("a telephone could not be let in", error=error.message)
            TELEPHONE_CALLERS.labels("failed").inc()
            self._tell(call, play="failed", hangup=True)
            return
        TELEPHONE_CALLERS.labels("let in").inc()
        self._tell(call, join=str(socket))

    def _tell(self, call: str, **decided: Any) -> None:
        self._exchange.tell({"call": call, **decided})

    def _tell_end(self, call: str) -> None:
        self._tell(call, play="goodbye", hangup=True)

    def _forget(self, call: str) -> None:
        if (caller := self._callers.pop(call, None)) is not None:
            caller.last.cancel()


def _who(name: str, address: str) -> dict[str, str]:
    return {"caller": f"{address} {name}", "address": address}


def _digits(count: int) -> str:
    """A number that begins with no zero, so that it stays one wherever it is copied to."""
    least = 10 ** (count - 1)
    return str(least + secrets.randbelow(9 * least))


def _same_number(dialled: str, number: str) -> bool:
    """Whether a provider brings a call to a telephone number, however it writes it."""
    wanted = number.lstrip("+")
    return bool(wanted) and re.sub(r"\D", "", dialled).lstrip("0") == wanted.lstrip("0")


def _name(user: str) -> str:
    """What others see of a caller."""
    try:
        return read_address(f"sip:{user}@caller").name if user else "telephone"
    except ValueError:
        return "telephone"


def _why_not(session: Session) -> str:
    """Why no telephone can take part in a session; "" where one can."""
    if session.media_mode == "relayed":
        return "The session is relayed: only routed sessions can be called into"
    if session.e2ee:
        return "The session is encrypted end to end: a telephone cannot take part"
    return ""
