"""What of the server's environment its children get: what is named here, and none of its settings or secrets."""

from collections.abc import Mapping

from reelroom import clock

_NAMED = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *(
        "VIRTUAL_ENV",
        "LD_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "XDG_RUNTIME_DIR",
    ),
    "REELROOM_LEASE_SECONDS",  # how long the server may be silent
    *("REELROOM_ENGINE_BINARY", "REELROOM_TAP_BINARY", "REELROOM_SIP_BINARY", "REELROOM_PAGE_DIR"),
}
# Locale, the interpreter, numerical libraries' threads, typefaces, the browser's driver, the measuring of tests.
_BEGINNINGS = (
    "LC_",
    "PYTHON",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "FONTCONFIG_",
    "XDG_DATA",
    "PLAYWRIGHT_",
    "COVERAGE_",
    "COV_",
)


def for_children(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a child process may see, and what this machine's clock is off by."""
    seen = {name: value for name, value in environment.items() if name in _NAMED or name.startswith(_BEGINNINGS)}
    return {**seen, **clock.for_children()}
