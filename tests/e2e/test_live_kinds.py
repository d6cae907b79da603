"""Every kind of track that the engine lets in, sent by a real publisher: it is in the film, whole and in time."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests.e2e.played import Film, films
from tests.e2e.player import CAMERA, MICROPHONE, Published, Sent
from tests.e2e.running import RunningServer
from tests.flashing_takes import FPS as AV1_FPS
from tests.flashing_takes import encoded, encoded_av1, numbers, reordered
from tests.senders import SECOND
from tests.tones import RATE, opus

FPS = 30
MS = 1000
SIZE = (160, 120)  # as the film: digits are read where they stand in the frame
SECONDS = 10
SETTLED = 3  # s: from here on all must be right
IN_SYNC = 45  # ms
BASELINE, HIGH = "42e01f", "640032"

pytestmark = pytest.mark.slow


def h264(profile: str) -> Published:
    format = f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    return Published("video/H264", 90_000, "camera", format, "camera")


def beeping(packet_ms: float = 20, track: int = 0) -> Iterator[Sent]:
    """Opus: the first 0.2 s of each second sound; a packet is sent when it is full."""
    samples = np.arange(SECONDS * RATE)
    beeps = (0.5 * np.sin(2 * np.pi * 2000 * samples / RATE) * (samples % RATE < 0.2 * RATE)).astype(np.float32)
    for number, packet in enumerate(opus(beeps, packet_ms, b=64_000)):  # 120 ms of it fit into a packet
        begins = number * packet_ms
        yield Sent(round((begins + packet_ms) * MS), track, round(begins * RATE / 1000), packet.payload)


def flashing(pictures: list[bytes], fps: int = FPS, track: int = 1) -> Iterator[Sent]:
    """Pictures of numbered seconds, in the order in which they are shown."""
    for number, picture in enumerate(pictures):
        yield Sent(round(number * SECOND / fps) + 3 * MS, track, round(number * 90_000 / fps), picture)


def coded(encoder: str, **options: str) -> list[bytes]:
    loop = list(numbers(FPS, *SIZE))
    return encoded(encoder, [loop[number % FPS] for number in range(SECONDS * FPS)], FPS, FPS, **options)


def judge(film: Film, most: float = IN_SYNC) -> None:
    """Each second that has settled is heard, and seen within `most` ms of that."""
    expected = set(range(SETTLED, SECONDS - 1))
    apart = film.apart()
    assert {round(at) for at in film.beeps()} >= expected, film.beeps()
    assert {round(at) for at, _ in apart} >= expected, apart
    assert max(abs(ms) for at, ms in apart if at > SETTLED - 0.5) <= most, apart


@pytest.mark.parametrize("packet_ms", [2.5, 5, 10, 40, 60, 120])
def test_opus_of_any_length_is_in_sync(
    server: RunningServer, program: Path, tmp_path: Path, packet_ms: float
) -> None:
    frames = [*beeping(packet_ms), *flashing(coded("libvpx"))]
    for film in films(server, program, tmp_path, (MICROPHONE, CAMERA), frames, FPS):
        judge(film)


@pytest.mark.parametrize(
    ("encoder", "camera", "options"),
    [
        ("libvpx-vp9", Published("video/VP9", 90_000, "camera", "profile-id=0", "camera"), {}),
        ("libx264", h264(BASELINE), {"profile": "baseline"}),
        ("libx264", h264(HIGH), {"profile": "high"}),
    ],
)
def test_a_camera_of_any_codec_is_seen(
    server: RunningServer,
    program: Path,
    tmp_path: Path,
    encoder: str,
    camera: Published,
    options: dict[str, str],
) -> None:
    frames = [*beeping(), *flashing(coded(encoder, **options))]
    for film in films(server, program, tmp_path, (MICROPHONE, camera), frames, FPS):
        judge(film)


def test_a_camera_of_av1_is_seen(server: RunningServer, program: Path, tmp_path: Path) -> None:
    camera = Published("video/AV1", 90_000, "camera", "", "camera")
    frames = [*beeping(), *flashing(encoded_av1() * SECONDS, AV1_FPS)]
    for film in films(server, program, tmp_path, (MICROPHONE, camera), frames, AV1_FPS, (1280, 720)):
        judge(film)


def test_tracks_that_name_no_source_are_a_microphone_and_a_camera(
    server: RunningServer, program: Path, tmp_path: Path
) -> None:
    tracks = (
        Published("audio/opus", 48_000, "unknown", MICROPHONE.format, "first"),
        Published("video/VP8", 90_000, "unknown", "", "second"),
    )
    frames = [*beeping(), *flashing(coded("libvpx"))]
    for film in films(server, program, tmp_path, tracks, frames, FPS):
        judge(film)


def test_two_cameras_of_one_participant_are_in_the_film(server: RunningServer, program: Path, tmp_path: Path) -> None:
    """Side by side; the second one is dark where the first is bright."""
    second = Published("video/VP8", 90_000, "camera", "", "second")
    loop = [255 - picture for picture in numbers(FPS, *SIZE)]
    negative = encoded("libvpx", loop, FPS, FPS) * SECONDS
    frames = [*beeping(), *flashing(coded("libvpx")), *flashing(negative, track=2)]
    film, _ = films(server, program, tmp_path, (MICROPHONE, CAMERA, second), frames, FPS)
    halves = [sorted(halves_at(film, number + 0.5)) for number in range(SETTLED, SECONDS - 1)]
    assert all(dark < 60 and bright > 180 for dark, bright in halves), halves


def halves_at(film: Film, second: float) -> tuple[float, float]:
    """How bright (0 to 255) the left and the right half of the picture are, between numbers and names."""
    with av.open(str(film.path)) as container:
        for frame in container.decode(container.streams.video[0]):
            if frame.time is not None and frame.time >= film.zero + second:
                grey = frame.to_ndarray(format="gray")[200:300]
                return float(grey[:, 40:280].mean()), float(grey[:, 360:600].mean())
    raise AssertionError(f"the film is over before {second} s")


def out_of_order(fps: int) -> Iterator[Sent]:
    """H.264 with B-frames, sent as an encoder that looks two pictures ahead gives them."""
    for index, (shown, picture) in enumerate(reordered(SECONDS, fps, *SIZE)):
        yield Sent(round((index + 2) * SECOND / fps) + 3 * MS, 1, round(shown * 90_000 / fps), picture)


@pytest.mark.parametrize("fps", [FPS, 12])
def test_pictures_that_come_out_of_order_are_shown_in_theirs(
    server: RunningServer, program: Path, tmp_path: Path, fps: int
) -> None:
    """Slow ones come as late, by their ticks, as if a clock had been set."""
    frames = [*beeping(), *out_of_order(fps)]
    for film in films(server, program, tmp_path, (MICROPHONE, h264(HIGH)), frames, fps, captured=True):
        judge(film)
