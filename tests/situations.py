"""At least forty situations of a meeting, each with what ought to be seen in it: see `staging`."""

import re
from dataclasses import replace

from tests.staging import Leak, Microphone, Says, Situation, Sounds

EN, US, DE, FR, HI, CMN, ES = (
    Microphone("en-gb"),
    Microphone("en-us+f3", pitch=60),
    Microphone("de", pitch=40),
    Microphone("fr-fr+f2", pitch=55),
    Microphone("hi+f4"),
    Microphone("cmn-latn-pinyin+m3", speed=150),
    Microphone("es+m5", pitch=45),
)
LINES = {
    "en": (
        "Shall we look at the numbers together before we go on?",
        "I would rather not do that now, but perhaps on Friday afternoon.",
        "He found five cheap fish at the market, and three of them were fresh.",
        "So first of all thank you for coming, there is a lot to talk about today.",
        "What about the second page, has anybody read it at all?",
    ),
    "de": (
        "Guten Morgen zusammen, wir fangen gleich mit dem ersten Punkt an.",
        "Das habe ich anders verstanden, können wir das noch einmal ansehen?",
        "Fünf Prozent mehr als im letzten Jahr, das ist doch sehr erfreulich.",
    ),
    "fr": (
        "Bonjour à tous, nous allons commencer dans quelques minutes.",
        "Je ne suis pas d'accord, il faut attendre encore une semaine.",
    ),
    "hi": ("नमस्ते, आप सब कैसे हैं, आज हम नई योजना पर बात करेंगे।", "मुझे लगता है कि यह बहुत अच्छा विचार है।"),
    "cmn": (
        "da4 jia1 hao3, wo3 men5 xian4 zai4 kai1 shi3 jin1 tian1 de5 hui4 yi4.",
        "wo3 jue2 de5 zhe4 ge5 ji4 hua4 hen3 hao3, ke3 yi3 xia4 ge5 xing1 qi1 kai1 shi3.",
    ),
    "es": (
        "Buenos días a todos, vamos a empezar con el primer tema de hoy.",
        "Creo que deberíamos esperar un poco más.",
    ),
}


def line(microphone: Microphone, number: int) -> str:
    """Something to say in that voice's language."""
    lines = LINES[re.split("[-+]", microphone.voice)[0]]
    return lines[number % len(lines)]


def _turns(people: dict[str, Microphone], order: str, every: float = 5.5, first: float = 1.5) -> tuple[Says, ...]:
    """Whoever the letters of `order` name speaks in turn."""
    names = {name[0]: name for name in people}
    return tuple(
        Says(names[letter], first + number * every, line(people[names[letter]], number))
        for number, letter in enumerate(order)
    )


def _meeting(name: str, people: dict[str, Microphone], order: str, *extra: Says | Sounds | Leak) -> Situation:
    spoken = _turns(people, order)
    return Situation(name, 1.5 + 5.5 * len(order) + 2, people, (*spoken, *extra))


def _noise(name: str, noise: str, level: float, seconds: float, during: float | None = None) -> Situation:
    """Ann and Ben speak; Cleo, who does not, has a noise: while nobody speaks, or from a moment of Ben's turn on."""
    people = {"ann": EN, "ben": DE, "cleo": US}
    spoken = (Says("ann", 1.5, line(EN, 0)), Says("ben", 7, line(DE, 1)))
    begins = 13.0 if during is None else 7 + during
    ends = begins + seconds + 2
    spoken += (Says("ann", ends, line(EN, 3)),)
    return Situation(name, ends + 8, people, (*spoken, Sounds("cleo", begins, noise, level, seconds, seed=3)))


def _echo(name: str, level: float, ms: float, pair: tuple[Microphone, Microphone] = (EN, FR)) -> Situation:
    """Whoever Ben does not hear through headphones comes back from his microphone, and the other way round."""
    people = {"ann": pair[0], "ben": pair[1], "cleo": DE}
    leaks = tuple(Leak(source, "ben", level, ms) for source in ("ann", "cleo"))
    return _meeting(name, people, "abcab", *leaks)


def _room(name: str, level: float, pair: tuple[Microphone, Microphone] = (EN, US), *extra: Says) -> Situation:
    """Ann and Ben sit in one room, each before a laptop."""
    people = {"ann": pair[0], "ben": pair[1], "cleo": DE}
    leaks = (Leak("ann", "ben", level, 4), Leak("ben", "ann", level, 4))
    return _meeting(name, people, "abcab", *leaks, *extra)


LONG = "and I have to say that this is not what we agreed on last week, because nobody ever told me about it at all"
DUO = {"ann": EN, "ben": DE}
TRIO = {"ann": EN, "ben": DE, "cleo": US}
QUIET = "Could you speak up a little, please? I can hardly hear what you say over there."

SITUATIONS: tuple[Situation, ...] = (
    # Turns in six languages
    _meeting("turns, English and German", DUO, "abab"),
    _meeting("turns, French and Hindi", {"ann": FR, "ben": HI}, "abab"),
    _meeting("turns, Mandarin and Spanish", {"ann": CMN, "ben": ES}, "abab"),
    _meeting(
        "six people, a turn each", {"ann": EN, "ben": DE, "cleo": FR, "dev": HI, "eva": CMN, "fay": ES}, "abcdef"
    ),
    _meeting(
        "fast and high, slow and low",
        {"ann": Microphone("en-us+f4", 230, 85), "ben": Microphone("de+m7", 115, 20)},
        "abab",
    ),
    _meeting("a child", {"ann": EN, "ben": Microphone("en-us+f5", 170, 99)}, "abab"),
    # Quiet and bad microphones
    _meeting("a microphone 22 dB down", {"ann": EN, "ben": replace(DE, level=-42.0, hiss=-80.0)}, "abab"),
    _meeting("a microphone 30 dB down", {"ann": EN, "ben": replace(DE, level=-50.0, hiss=-85.0)}, "abab"),
    _meeting("a microphone 30 dB down that hisses", {"ann": EN, "ben": replace(FR, level=-50.0, hiss=-68.0)}, "abab"),
    _meeting(
        "everybody is quiet",
        {"ann": replace(EN, level=-45.0, hiss=-80.0), "ben": replace(ES, level=-48.0, hiss=-80.0)},
        "abab",
    ),
    _meeting("a microphone that clips", {"ann": EN, "ben": replace(DE, clips=True)}, "abab"),
    _meeting("a reverberant room", {"ann": EN, "ben": replace(DE, reverberates=0.8)}, "abab"),
    Situation(
        "a whisper",
        22,
        TRIO,
        (
            Says("ann", 1.5, line(EN, 0)),
            Says("ben", 7, line(DE, 0), level=-12, whispered=True),
            Says("ann", 13, line(EN, 1)),
        ),
    ),
    Situation(
        "a loud whisper, in French",
        22,
        {"ann": EN, "ben": FR},
        (
            Says("ann", 1.5, line(EN, 3)),
            Says("ben", 8, line(FR, 1), level=-4, whispered=True),
            Says("ann", 14, line(EN, 1)),
        ),
    ),
    # Noises of somebody who does not speak
    _noise("a telephone rings", "ring", -22, 5),
    _noise("a telephone rings during a turn", "ring", -22, 4, during=0.5),
    _noise("a dog barks", "bark", -20, 4),
    _noise("a dog barks during a turn", "bark", -20, 3.5, during=0.3),
    _noise("a siren", "siren", -25, 12),
    _noise("somebody hums", "humming", -25, 4.5),
    _noise("a baby cries", "baby", -22, 4),
    _noise("music in silence", "music", -30, 8),
    _noise("a melody during turns", "melody", -34, 14, during=-6),
    _noise("quiet music during turns", "music", -38, 14, during=-6),
    _noise("coughs", "cough", -15, 0),
    _noise("a sneeze", "sneeze", -18, 0),
    _noise("breath into the microphone", "breath", -28, 3),
    _noise("a keyboard", "keyboard", -25, 9),
    _noise("a keyboard during a turn", "keyboard", -25, 4, during=0.0),
    _noise("a door", "slam", -10, 0),
    _noise("mains hum starts", "hum", -35, 9),
    # Noise under a speaker's own words
    _meeting("a fan", {"ann": EN, "ben": replace(DE, hiss=-38.0)}, "abab"),
    _meeting("music under one's own words", DUO, "abab", Sounds("ben", 0, "music", -42, 24)),
    _meeting(
        "typing while others speak",
        TRIO,
        "abab",
        Sounds("cleo", 1, "keyboard", -24, 22),
        Sounds("ben", 2, "keyboard", -30, 3),
    ),
    # One voice in several microphones
    _echo("echo, -20 dB, 80 ms", -20, 80),
    _echo("echo, -8 dB, 120 ms", -8, 120),
    _echo("echo, -14 dB, 250 ms", -14, 250, (HI, CMN)),
    _echo("faint echo, -32 dB, 100 ms", -32, 100),
    _room("one room, -8 dB", -8),
    _room("one room, -10 dB", -10, (FR, HI)),
    _room("one room, -6 dB, like voices", -6, (EN, replace(EN, pitch=42))),
    _room("one room, one microphone 12 dB louder", -10, (EN, replace(US, level=-8.0, hiss=-54.0))),
    _room("one room, and an interruption", -8, (EN, US), Says("ann", 25.2, LONG)),
    _meeting(
        "echo of an interruption",
        TRIO,
        "ab",
        Leak("ann", "cleo", -12, 90),
        Leak("ben", "cleo", -12, 90),
        Says("cleo", 8.3, LONG),
    ),
    # Who takes the word, and who does not
    _meeting(
        "remarks",
        TRIO,
        "abab",
        Says("cleo", 3.2, "Mm-hm.", "remark"),
        Says("cleo", 9, "Yes.", "remark"),
        Says("ben", 14.5, "Ja.", "remark"),
    ),
    Situation(
        "an interruption that lasts",
        24,
        TRIO,
        (
            Says("ann", 1.5, f"{line(EN, 3)} {LONG}"),
            Says("ben", 6, f"{line(DE, 1)} {line(DE, 0)} {line(DE, 2)}"),
            Says("ann", 19, line(EN, 1)),
        ),
    ),
    Situation(
        "an interruption that wins",
        20,
        TRIO,
        (
            Says("ann", 1.5, LONG, lasts=5.0),
            Says("ben", 5.4, f"{line(DE, 1)} {line(DE, 0)}"),
            Says("cleo", 15, line(US, 4)),
        ),
    ),
    Situation(
        "an interruption that fails",
        16,
        TRIO,
        (Says("ann", 1.5, f"{line(EN, 3)} {LONG}"), Says("cleo", 5, LONG, "attempt", lasts=1.6)),
    ),
    Situation(
        "two begin at once, one gives up",
        18,
        TRIO,
        (
            Says("ann", 1.5, line(EN, 0)),
            Says("ben", 7, f"{line(DE, 1)} {line(DE, 2)}"),
            Says("cleo", 7.1, LONG, "attempt", lasts=1.0),
        ),
    ),
    Situation(
        "two begin at once and go on",
        18,
        TRIO,
        (Says("ann", 1.5, line(EN, 0)), Says("ben", 7, f"{line(DE, 1)} {line(DE, 2)}"), Says("cleo", 7.2, LONG)),
    ),
    Situation(
        "six short turns",
        16,
        DUO,
        tuple(
            Says(
                "ab"[n % 2].replace("a", "ann").replace("b", "ben"),
                1.5 + 1.35 * n,
                (
                    "Are you coming?",
                    "Nein, heute nicht.",
                    "But why not now?",
                    "Ich habe zu tun.",
                    "Then tomorrow?",
                    "Ja, morgen früh.",
                )[n],
            )
            for n in range(6)
        ),
    ),
    Situation(
        "question and answer",
        18,
        TRIO,
        (
            Says("ann", 1.5, line(EN, 4)),
            Says("ben", 5.4, "Nein, das ist nicht möglich."),
            Says("cleo", 9, line(US, 0)),
            Says("ann", 13, "I see, thank you very much."),
        ),
    ),
    Situation(
        "pauses within a turn",
        22,
        TRIO,
        (
            Says("ann", 1.5, line(EN, 0)),
            Says("ann", 7, line(EN, 1)),
            Says("ann", 13.4, line(EN, 2)),
            Says("ben", 18, line(DE, 2)),
        ),
    ),
    Situation(
        "a laugh, and the turn goes on",
        16,
        TRIO,
        (
            Says("ann", 1.5, f"{line(EN, 3)} {line(EN, 1)}"),
            Sounds("ben", 4, "laugh", -22, 1.0),
            Sounds("cleo", 4.1, "laugh", -24, 1.2),
        ),
    ),
    _meeting(
        "six listen", {"ann": EN, "ben": DE, **{f"guest{n}": replace(US, hiss=-50.0 - n) for n in range(6)}}, "abab"
    ),
)
