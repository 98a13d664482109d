"""The model weights that ship inside the package, read once a process."""

from functools import lru_cache
from importlib.resources import files

from app.domain.education import Classifier, load_classifier


@lru_cache(maxsize=1)
def shipped_classifier() -> Classifier:
    """The educational classifier of this version; its card lies beside it as `education.json`."""
    return load_classifier(files("app").joinpath("models/education.npz").read_bytes())
