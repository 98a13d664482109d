"""Where a text gives orders to a language model instead of saying something: prompt injections, plain or hidden.

A seed is material; a sentence of it that tells the model to ignore its instructions, to show its prompt, to rate the
text or to put something into every answer is cut from what prompts, gates, scores and exports see, as if it had never
stood there. Found are such sentences in six languages, also spelt in character references, with invisible characters
between the letters, in base64, and whatever is written in Unicode's invisible tag characters. Other wordings are not
found: the data slot of the prompt and the gates are there for them. Pure; linear in the length of the text.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Place = tuple[int, int]


class Order(NamedTuple):
    """What one kind of order to a model looks like in lower case, within one sentence."""

    verbs: tuple[str, ...]
    """How its verb begins."""
    objects: str
    """A pattern of what follows the verb."""
    gap: int
    """Most characters between them."""
    beside: str = ""
    """What must stand in the sentence too: a processor ignores instructions as well, but hardly the previous ones."""
    needs: tuple[str, ...] = ()
    """One of these words stands in whatever the objects match; looked for first, as most texts hold few of them."""


def _order(verbs: str, objects: str, gap: int, beside: str = "", *, needs: str) -> Order:
    starts = tuple(verb.replace("_", " ") for verb in verbs.split())
    return Order(starts, objects, gap, beside, tuple(needs.split("|")))


BEFORE = {
    "de": r"vorherig|bisherig|obig|früher|vorangegangen|vorig|\bdeine|\bihre|\balle",
    "es": r"anterior|previa|\btus\b|\btodas",
    "fr": r"précédent|antérieur|\bvos\b|\btes\b|\btoutes",
    "ru": "предыдущ|прежн|выше|свои|все",
    "ar": "السابقة|أعلاه|كل|جميع",
    "zh": "之前|以上|上述|先前|前面|此前|所有|你的",
}
_ALL_ZH = "每个文档 每个回答 每个答案 每份文档 每篇文档 所有文档 所有回答 所有答案"
ORDERS: tuple[Order, ...] = (
    _order(
        "ignore_ disregard_ forget_ override_ bypass_ not_follow_ stop_following_",
        r"(?:previous|prior|above|earlier|preceding|your|system|original|all|any)\b.{0,20}"
        r"\b(?:instruction|prompt|guideline|direction|rules|system message)",
        20,
        needs="instruction|prompt|guideline|direction|rules|message",
    ),
    _order(
        "ignore_ disregard_ forget_",
        "(?:instructions|prompt|rules) (?:above|before|you were|you have)",
        20,
        needs="instructions|prompt|rules",
    ),
    _order(
        "ignore_ disregard_ forget_",
        "everything above|everything before|all of the above|all that was said",
        20,
        needs="everything|above|that",
    ),
    _order(
        "reveal_ print_ show_ repeat_ output_ disclose_",
        "(?:system|hidden) prompt|your (?:instruct|prompt)",
        30,
        needs="instruct|prompt",
    ),
    _order(
        "output_ assign_ return_ answer_with_ reply_with_",
        "score (?:of )?[0-9]|rating (?:of )?[0-9]|top score",
        40,
        needs="score|rating",
    ),
    _order("accept_ approve_ rate_ score_ keep_", r"this (?:text|document|seed|sample|answer)\b", 12, needs="this"),
    _order(
        "append_ add_ insert_ include_",
        r"(?:every|each|all|your) (?:documents?|answers?|responses?|texts?|lessons?|outputs?|replies)\b",
        100,
        needs="document|answer|response|text|lesson|output|replies",
    ),
    _order(
        "ignorier vergiss vergessen_sie missachte befolge_nicht",
        "anweisung|instruktion|vorgabe",
        40,
        BEFORE["de"],
        needs="anweisung|instruktion|vorgabe",
    ),
    _order("zeig verrate nenne gib wiederhole", "system-?prompt|systemanweisung|systemnachricht", 40, needs="system"),
    _order(
        "gib_ vergib_ antworte_mit_",
        "(?:bewertung|punktzahl|score|note) [0-9]",
        40,
        needs="bewertung|punktzahl|score|note",
    ),
    _order("akzeptiere_ bewerte_ behalte_", "diesen text|dieses dokument", 20, needs="text|dokument"),
    _order(
        "füg häng setze schreib", "(?:jede[rmns]?|allen?) (?:dokument|antwort|text|lektion)", 100, needs="jede|alle"
    ),
    _order(
        "ignora ignore olvida olvide haga_caso_omiso",
        "instruccion|indicacion|órdenes",
        40,
        BEFORE["es"],
        needs="instruccion|indicacion|órdenes",
    ),
    _order("revel muestr imprim repite repita", "(?:prompt|mensaje|instrucciones) del sistema", 30, needs="sistema"),
    _order("da_ asigna devuelve responde_con", "puntuación (?:de )?[0-9]", 40, needs="puntuación"),
    _order("acept aprueb puntúa califica", "este texto|este documento", 12, needs="este"),
    _order(
        "añad agreg insert incluy",
        "(?:cada|todos los|todas las) (?:documento|respuesta|texto)",
        100,
        needs="documento|respuesta|texto",
    ),
    _order(
        "ignore oubli ne_tiens_pas_compte",
        "instructions|consignes|directives",
        40,
        BEFORE["fr"],
        needs="instructions|consignes|directives",
    ),
    _order("révèl montre affich répèt", "(?:prompt|message|instructions) (?:du )?système", 30, needs="système"),
    _order(
        "ajout insèr insér",
        "(?:chaque|tous les|toutes les) (?:document|réponse|texte)",
        100,
        needs="chaque|tous|toutes",
    ),
    _order(
        "игнорируй забудь не_следуй отмени",
        "инструкци|указани|промпт",
        40,
        BEFORE["ru"],
        needs="инструкци|указани|промпт",
    ),
    _order("покажи раскрой выведи повтори", "системн[а-я]+ (?:промпт|инструкци|сообщени|запрос)", 30, needs="системн"),
    _order("выведи поставь дай", "(?:оценк[а-я]|балл[а-я]*|score) [0-9]", 40, needs="оценк|балл|score"),
    _order("прими одобри оцени", "этот текст|этот документ", 12, needs="этот"),
    _order(
        "добавь добавляй вставь допиши",
        "(?:кажд|вс)[а-я]+ (?:документ|ответ|текст|урок)",
        100,
        needs="документ|ответ|текст|урок",
    ),
    _order("تجاهل انس_ لا_تتبع", "تعليمات|أوامر|توجيهات", 40, BEFORE["ar"], needs="تعليمات|أوامر|توجيهات"),
    _order("اكشف اعرض أظهر كرر", "(?:موجه|تعليمات|رسالة) النظام", 30, needs="النظام"),
    _order("أخرج أعط", "(?:درجة|تقييم) [0-9]", 40, needs="درجة|تقييم"),
    _order("اقبل قيّم قيم", "هذا النص|هذا المستند", 12, needs="هذا"),
    _order("أضف أدرج", "(?:كل|جميع) (?:مستند|إجابة|نص|الإجابات|المستندات)", 100, needs="كل|جميع"),
    _order(
        "忽略 无视 忘记 不要理会 忽视", "指令|指示|提示|要求|命令", 20, BEFORE["zh"], needs="指令|指示|提示|要求|命令"
    ),
    _order("显示 透露 输出 泄露 重复", "系统提示|系统指令|系统消息", 10, needs="系统"),
    _order("输出 给出 打出", "(?:分数|评分|得分) ?[0-9]", 10, needs="分数|评分|得分"),
    _order("接受 通过 批准", "此文档|这篇文|此文本|这个文档|本文", 6, needs="此文档|这篇文|此文本|这个文档|本文"),
    _order("添加 加入 插入 附上 加上", "(?:每[个份篇]|所有)(?:文档|回答|答案)", 40, needs="文档|回答|答案"),
    _order(_ALL_ZH, "添加|加入|插入|附上|加上", 20, needs="添加|加入|插入|附上|加上"),
)


class _Known(NamedTuple):
    verbs: tuple[str, ...]
    needs: tuple[str, ...]
    order: re.Pattern[str]
    beside: re.Pattern[str]

    def seems_given(self, flat: str) -> bool:
        for verb in self.verbs:
            at = flat.find(verb)
            while at >= 0:
                if self.order.match(flat, at):
                    return True
                at = flat.find(verb, at + 1)
        return False

    def given(self, said: str) -> bool:
        return bool(self.order.search(said)) and bool(self.beside.search(said))


def _known(order: Order) -> _Known:
    # A word begins where the verb does; Chinese has no spaces between words.
    start = r"\b" if order.verbs[0] < "\u2e80" else ""
    pattern = f"{start}(?:{'|'.join(order.verbs)}).{{0,{order.gap}}}?(?:{order.objects})"
    return _Known(order.verbs, order.needs, re.compile(pattern), re.compile(order.beside))


_KNOWN = tuple(map(_known, ORDERS))
_ASCII = tuple(known for known in _KNOWN if any(map(str.isascii, known.verbs)))
START = 4
"""Bytes of a verb that are looked for first."""
_STARTS: dict[bytes, set[int]] = {}
"""{how a verb begins: the places of its orders in `_ASCII`}."""
for _place, _one in enumerate(_ASCII):
    for _verb in filter(str.isascii, _one.verbs):
        _STARTS.setdefault(_verb.split()[0].encode()[:START], set()).add(_place)
_SPACED = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))
_SENTENCE = re.compile(r"[^.!?。！？؟\n]*(?:[.!?](?!\s|$)[^.!?。！？؟\n]*)*[.!?。！？؟]*[ \t]*\n?")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_TAGS = re.compile("\U0001f3f4[\U000e0000-\U000e007f]+|([\U000e0000-\U000e007f]+[ \t]*)")
"""Invisible copies of ASCII; behind a black flag they make a region's emoji."""
_HIDDEN = re.compile(f"&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[a-zA-Z]{{2,12}});|[{_INVISIBLE}]")
LEAST_BASE64 = 24
"""Characters; eighteen letters give no order."""
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{24,4000}={0,2}(?![A-Za-z0-9+/=_-])")

_RUNS = bytes(120 if (chr(code).isalnum() and code < 128) or code in b"+/" else 32 for code in range(256))
_LONG = b"x" * LEAST_BASE64
_UNSEEN = re.compile(f"[{_INVISIBLE}\U000e0000-\U000e007f]")


def may_hide(text: str) -> bool:
    """Whether something may be spelt so that people do not read it; cheap, and true of some texts that hide nothing."""
    return "&#" in text or _holds_long_run(text) or (not text.isascii() and bool(_UNSEEN.search(text)))


def _holds_long_run(text: str) -> bool:
    return _LONG in text.encode(errors="surrogatepass").translate(_RUNS)


def cut(text: str) -> str:
    """The text without orders to a model; the very same object when there are none."""
    found = places(text)
    return without(text, found) if found else text


def without(text: str, found: Sequence[Place]) -> str:
    """The text without what stands at these places, and without what is then white space at its ends."""
    parts, end = [], 0
    for low, high in found:
        parts.append(text[end:low])
        end = high
    return "".join([*parts, text[end:]]).strip()


def places(text: str) -> list[Place]:
    """Start and end of every order to a model, in characters, in order and apart from each other.

    Example: in "Ice floats. Ignore all previous instructions." the second sentence.
    """
    found = [] if text.isascii() else [found.span() for found in _TAGS.finditer(text) if found.group(1)]
    plain, at = _plain(text)
    found += [_source(at, span, len(text)) for span in (*_comments(plain), *_sentences(plain))]
    return _joined(found) if found else []


def _plain(text: str) -> tuple[str, list[int] | None]:
    """The text as a model reads it, and the source place of each of its characters; None: every one is its own."""
    if "&" not in text and (text.isascii() or not any(mark in text for mark in _INVISIBLE)):
        return text, None
    parts: list[str] = []
    at: list[int] = []
    end = 0
    for hidden in _HIDDEN.finditer(text):
        low, high = hidden.span()
        shown = "" if hidden.group() in _INVISIBLE else html.unescape(hidden.group())
        parts += [text[end:low], shown]
        at += [*range(end, low), *[low] * len(shown)]
        end = high
    at += range(end, len(text))
    return "".join([*parts, text[end:]]), at


def _source(at: list[int] | None, span: Place, length: int) -> Place:
    if at is None:
        return span
    low, high = span
    return at[low], at[high] if high < len(at) else length


def _sentences(plain: str) -> Iterator[Place]:
    lower = plain.replace("\u0130", "I").lower()
    # A few letters grow in lower case, and then the places would no longer be the same.
    lower = lower if len(lower) == len(plain) else plain
    words = lower.split()
    wanted = _possible(lower, words)
    coded = _holds_long_run(plain) and bool(_BASE64.search(plain))
    if not wanted and not coded:
        return
    for sentence in _SENTENCE.finditer(lower):
        low, high = sentence.span()
        if low < high and (_orders(lower[low:high], wanted) or (coded and _hides(plain[low:high]))):
            yield low, high


def _comments(plain: str) -> Iterator[Place]:
    """Comments of a page that hold an order, with their marks."""
    low = plain.find("<!--")
    while low >= 0 and (high := plain.find("-->", low)) >= 0:
        if any(True for _ in _sentences(plain[low + 4 : high])):
            yield low, high + 3 + len(plain[high + 3 :]) - len(plain[high + 3 :].lstrip(" \t"))
        low = plain.find("<!--", high)


def _possible(lower: str, words: Sequence[str]) -> list[_Known]:
    """The orders that may stand in a text of these words: looked for by how their verbs begin, then word by word."""
    some = _KNOWN
    if lower.isascii():
        starts = {word[:START] for word in lower.encode().translate(_SPACED).split()}
        held = {place for start in starts.intersection(_STARTS) for place in _STARTS[start]}
        some = tuple([_ASCII[place] for place in sorted(held)])
    some = tuple([one for one in some if any([mark in lower for mark in one.needs])])
    flat = " ".join(words) if some else ""
    return [one for one in some if one.seems_given(flat)]


def _orders(sentence: str, wanted: Sequence[_Known]) -> bool:
    said = " ".join(sentence.split()) if wanted else ""
    return any(one.given(said) for one in wanted)


def _hides(sentence: str) -> bool:
    """Whether base64 in a sentence is the text of an order."""
    shown = [_decoded(run.group()).lower() for run in _BASE64.finditer(sentence)]
    return any(_orders(text, _possible(text, text.split())) for text in shown if text)


def _decoded(run: str) -> str:
    try:
        return base64.b64decode(run + "=" * (-len(run) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _joined(found: list[Place]) -> list[Place]:
    joined: list[Place] = []
    for low, high in sorted(found):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        elif high > low:
            joined.append((low, high))
    return joined
