"""Word classes that say what a text is for: it explains, instructs, documents an interface, sells, licenses.

A class carries over to sources whose own words were never seen. The lists are ours, short and plain; a word is known by
the bucket of its hash, so about 1 unlisted word in 300 falls into a class by chance.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.common_words import COMMON_WORDS
from app.domain.prefix_sums import stretch_counts, stretch_sums
from app.domain.terms import BUCKET_BITS, BUCKETS, Counts
from app.domain.tokens import hash_words

_CLASSES = {
    "function": "the of a an to in and is are was were be been it its that this these those which as by for with on "
    "at from or but not",
    "reader": "you your yours we us our let's we'll you'll yourself i my",
    "explain": "because therefore thus hence means mean meaning called example examples instance suppose consider "
    "imagine notice remember why how understand think reason idea concept simply basic basically "
    "intuitively explanation explain explains explained known defined definition refers term terms "
    "illustrate illustrates demonstrates demonstrate shows show similarly instead whereas however "
    "otherwise unlike since so",
    "teach": "step steps first second third next then finally now let try exercise exercises tutorial learn "
    "learning lesson chapter section introduction beginner question answer solution problem practice "
    "guide follow following below above see look write run create add begin start started",
    "interface": "param params parameter parameters returns raises deprecated default defaults optional type types "
    "versionadded versionchanged bool str int none true false dict tuple kwargs args attribute attributes "
    "instance object objects method methods argument arguments callable keyword module func meth class "
    "mod ref attr exc",
    "legal": "copyright license licensed licence warranty author authors rights reserved redistribution liability "
    "apache mit bsd gpl provided permission software distributed express implied damages",
    "change": "version release released changelog changes changed fixed fix fixes bug bugs added removed support "
    "supports issue issues pull thanks contributed pr compatibility dropped backport security update "
    "updated regression patch",
    "test": "test tests assert asserts assertequal asserttrue assertfalse assertraises mock fixture testcase "
    "unittest pytest setup teardown expected patch parametrize monkeypatch assertin assertisnone assertis",
    "flow": "if else elif for while return break continue in range yield and not or pass",
    "internal": "self cls super isinstance hasattr getattr setattr property staticmethod classmethod logger log warn "
    "warnings raise except try valueerror typeerror exception __init__ __name__ import from init lambda "
    "with as notimplementederror",
    "generated": "auto generated automatically edit schema properties additionalproperties description ref string "
    "integer boolean array enum json yaml required pattern items api_version metadata arn aws resource "
    "resources oneof anyof minlength maxlength",
    "promotion": "buy click price sale shop contact subscribe email share comment comments cookies privacy login sign "
    "free offer order shipping customers website home page blog posted news facebook twitter please "
    "service services company team quality best book hotel",
    "school": "energy water cell cells earth planet sun history species century animals plants body blood disease "
    "food light heat temperature force mass atom atoms chemical language students children school teacher "
    "people world war population climate ocean science scientists research theory experiment nature human",
    "computing": "algorithm algorithms sort sorted sorting search tree node nodes graph list lists number numbers sum "
    "array arrays complexity recursive recursion loop function functions variable variables value values "
    "string strings integer integers element elements index matrix vector equation formula theorem proof "
    "prime factorial fibonacci stack queue path edge edges vertex binary input output pseudocode time",
    "setup": "documentation docs install pip installed setup configure configuration settings option options "
    "command server file files directory package packages environment database deploy",
    "chat": "i'm think love great amazing lol really just like said says told",
}
CLASS_NAMES = tuple(_CLASSES)
_MOST = 3
"""Occurrences of one word that count; the fourth says nothing new about what a text is for."""


def _class_table() -> NDArray[np.uint8]:
    """(2^18,): 1 + the class of a hashed word, 0 for none; of a word in two classes the later one."""
    table = np.zeros(BUCKETS, dtype=np.uint8)
    for number, words in enumerate(_CLASSES.values()):
        table[(hash_words(words.split()) >> np.uint64(64 - BUCKET_BITS)).astype(np.intp)] = number + 1
    return table


def _common_table() -> NDArray[np.bool_]:
    """(2^18,): whether a hashed word is one of the common list."""
    table = np.zeros(BUCKETS, dtype=np.bool_)
    table[(hash_words(sorted(COMMON_WORDS)) >> np.uint64(64 - BUCKET_BITS)).astype(np.intp)] = True
    return table


_CLASS_OF, COMMON = _class_table(), _common_table()


def class_shares(words: Counts) -> NDArray[np.float64]:
    """(n_docs, n_classes): square root of each class's share of a document's words; 0 for a document without words."""
    width = len(CLASS_NAMES) + 1
    key = words.doc.astype(np.int64) * width + _CLASS_OF.take(words.bucket)
    counts = np.bincount(key, weights=np.minimum(words.count, _MOST), minlength=words.n_docs * width)
    counts = counts.reshape(words.n_docs, width)
    shares: NDArray[np.float64] = np.sqrt(counts[:, 1:] / np.maximum(counts.sum(axis=1), 1)[:, None])
    return shares


def common_shares(words: Counts) -> NDArray[np.float64]:
    """(n_docs, 2): share of the common list among a document's distinct words and among its running words."""
    common = COMMON.take(words.bucket)
    distinct = stretch_counts(common, words.first)
    running, total = stretch_sums(words.count * common, words.first), stretch_sums(words.count, words.first)
    return np.stack([distinct / np.maximum(np.diff(words.first), 1), running / np.maximum(total, 1)], axis=1)
