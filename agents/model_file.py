"""The file of a learned model: a NumPy archive without pickles, refused when it is not ours."""

import zlib
from pathlib import Path
from typing import Annotated, Any, Final
from zipfile import BadZipFile

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from agents.model import Learned
from streams.categories import CATEGORIES
from streams.errors import UserError

FORMAT: Final = 1
LARGEST_BYTES: Final = 4 * 1024 * 1024
_ARRAYS: Final = {
    "weights": ("int8", 2),
    "scale": ("float32", 1),
    "leaf_weights": ("float32", 2),
    "offsets": ("float32", 1),
    "leaf_labels": ("int16", 1),
}


class _Told(Struct, tag="huishang topics", tag_field="kind"):
    """What the file says in words, as JSON; the tag tells that it is ours."""

    format: int
    labels: Annotated[tuple[str, ...], Meta(min_length=2)]
    leaves: tuple[str, ...]
    orders: Annotated[tuple[Annotated[int, Meta(ge=1, le=8)], ...], Meta(min_length=1)]
    seed: Annotated[int, Meta(ge=0)]
    sharpness: float
    margin: float
    about: dict[str, Any]


def save(learned: Learned, path: Path) -> int:
    """Write a model and return its size in bytes; the same model gives the same bytes.

    Raises UserError if the file cannot be written.
    """
    told = _Told(
        format=FORMAT,
        labels=learned.labels,
        leaves=tuple(CATEGORIES),
        orders=learned.orders,
        seed=learned.seed,
        sharpness=learned.sharpness,
        margin=learned.margin,
        about=learned.about,
    )
    text = msgspec.json.encode(told)
    arrays: dict[str, Any] = {name: getattr(learned, name) for name in _ARRAYS}
    try:
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.frombuffer(text, np.uint8), **arrays)
        return path.stat().st_size
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None


def load(path: Path) -> Learned:
    """Read a model that `huishang train` wrote.

    Raises UserError if the file cannot be read, is none of ours, or does not fit this version.
    """
    arrays = _arrays(path)
    try:
        told = msgspec.json.decode(arrays.pop("about").tobytes(), type=_Told)
    except (KeyError, msgspec.DecodeError):
        raise _refused(path, "is no model of Huishang's") from None
    if told.format != FORMAT:
        raise _refused(path, f"has format {told.format}; this version reads {FORMAT}")
    if told.leaves != tuple(CATEGORIES):
        raise _refused(path, "was trained with another taxonomy than this version's")
    for name, (kind, dimensions) in _ARRAYS.items():
        if name not in arrays or (str(arrays[name].dtype), arrays[name].ndim) != (kind, dimensions):
            raise _refused(path, f"has no {name} as {kind}")
    learned = Learned(
        told.labels,
        told.orders,
        told.seed,
        **{name: arrays[name] for name in _ARRAYS},
        sharpness=told.sharpness,
        margin=told.margin,
        about=told.about,
    )
    if wrong := _unfit(learned):
        raise _refused(path, f"has {wrong} that do not fit its labels")
    return learned


def _unfit(learned: Learned) -> str:
    """Names of arrays whose shape or numbers are not as Learned says; empty if all are."""
    labels, leaves, slots = len(learned.labels), len(CATEGORIES), len(learned.weights)
    fits = {
        "weights": slots > 1 and slots & (slots - 1) == 0 and learned.weights.shape[1] == labels,
        "scale": learned.scale.shape == (labels,),
        "leaf_weights": learned.leaf_weights.shape == (leaves, labels),
        "offsets": learned.offsets.shape == (labels,),
        "leaf_labels": learned.leaf_labels.shape == (leaves,)
        and bool(np.isin(learned.leaf_labels, np.arange(-1, labels)).all()),
    }
    return ", ".join(name for name, fit in fits.items() if not fit)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here: np.load does not close what it cannot read.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            return dict(archive) if isinstance(archive, np.lib.npyio.NpzFile) else {}
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, BadZipFile, zlib.error):
        raise _refused(path, "is no model of Huishang's, or not whole") from None


def _refused(path: Path, why: str) -> UserError:
    return UserError(f"{path} {why}; expected a file that `huishang train` wrote: train it anew")
