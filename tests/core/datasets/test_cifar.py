"""CIFAR-10: every kind of source, decoded exactly; every defect named; the cache; downloads that fail."""

from __future__ import annotations

import errno
import hashlib
import io
import lzma
import os
import pickle
import shutil
import tarfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from places import CIFAR_COPY

from repsim_core.datasets import cifar, cifar_files
from repsim_core.datasets.cifar import CLASS_NAMES, cifar10
from repsim_core.errors import DatasetError

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)  # of folders: two a class
TEST = RNG.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
ARCHIVE = Path(os.environ.get("REPSIM_CIFAR10") or CIFAR_COPY)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """The user's cache, empty, and no source by default."""
    monkeypatch.delenv("REPSIM_CIFAR10", raising=False)
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cifar10"


# -- sources that the tests write --------------------------------------------------------------------------------------


def write_images(root: Path, suffix: str = ".png") -> Path:
    for part, images in (("train", TRAIN), ("test", TEST)):
        for label, name in enumerate(CLASS_NAMES):
            (root / part / name).mkdir(parents=True)
            count = len(images) // 10
            for i in range(count):
                Image.fromarray(images[label * count + i]).save(root / part / name / f"{i}{suffix}")
    return root


def write_archive(path: Path, root: Path, prefix: str = "") -> Path:
    mode = f"w:{path.suffix[1:].replace('tar', '')}"
    with tarfile.open(
        path, mode, format=tarfile.GNU_FORMAT
    ) as archive:  # one header a file, as GNU tar writes
        for name in ("train", "test"):
            archive.add(root / name, prefix + name)
    return path


def planes(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def batches() -> dict[str, tuple[np.ndarray, list[int]]]:
    """Six batches of pixels and labels; the labels of images are their numbers modulo 10."""
    parts = {f"data_batch_{i}": slice(4 * i - 4, 4 * i) for i in range(1, 6)}
    found = {name: (planes(TRAIN[rows]), [i % 10 for i in range(20)[rows]]) for name, rows in parts.items()}
    return {**found, "test_batch": (planes(TEST), list(range(10)))}


def write_binary(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, (pixels, labels) in batches().items():
        records = np.column_stack([np.array(labels, np.uint8), pixels])
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(CLASS_NAMES) + "\n\n")
    return folder


def write_pickled(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, (pixels, labels) in batches().items():
        (folder / name).write_bytes(
            pickle.dumps({b"batch_label": b"x", b"labels": labels, b"data": pixels}, 2)
        )
    return folder


def python2_pickle(pixels: np.ndarray, labels: list[int]) -> bytes:
    """What Python 2 wrote, as the published files are: its strings are bytes, its truth values numbers."""
    rows, length = len(pixels), pixels.size.to_bytes(4, "little")
    return b"".join(
        [
            b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x04nameq\x03U\x06labelsq\x04]q\x05(",
            *(b"K" + bytes([label]) for label in labels),
            b"eU\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85q\x09",
            b"U\x01bq\x0a\x87q\x0bRq\x0c(K\x01K" + bytes([rows]) + b"M\x00\x0c\x86q\x0dcnumpy\ndtype\nq\x0e",
            b"U\x02u1q\x0fK\x00K\x01\x87q\x10Rq\x11(K\x03U\x01|q\x12NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff",
            b"K\x00tq\x13b\x89T" + length + pixels.tobytes() + b"q\x14tq\x15bu.",
        ]
    )


def assert_images(found, kind: str = "image files, ", labels=None) -> None:
    """Both sets hold exactly what was written; labels of folders by default."""
    train, test = found
    assert np.array_equal(train.images.numpy(), TRAIN)
    assert np.array_equal(test.images.numpy(), TEST)
    assert train.labels.tolist() == (labels or [i // 2 for i in range(20)])
    assert test.labels.tolist() == list(range(10))
    assert train.class_names == test.class_names == CLASS_NAMES
    assert train.name == f"CIFAR-10 ({kind}20 images), training"
    assert test.name == f"CIFAR-10 ({kind}10 images), test"


def assert_originals(found) -> None:
    assert_images(found, "", [i % 10 for i in range(20)])


# -- every kind of source ----------------------------------------------------------------------------------------------


def test_a_folder_of_images(tmp_path):
    root = write_images(tmp_path / "images")
    (root / "README.md").write_text("beside the parts")
    (root / "train" / ".hidden").mkdir()
    (root / "train" / "cat" / ".hidden").write_text("hidden")
    assert_images(cifar10(root))
    assert_images(cifar10(str(root)))


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG"])
def test_a_folder_of_jpegs_is_called_a_copy(tmp_path, suffix):
    root = write_images(tmp_path / "images", suffix)
    train, test = cifar10(root)
    assert train.name == "CIFAR-10 (JPEG copy, 20 images), training"
    assert test.name == "CIFAR-10 (JPEG copy, 10 images), test"
    with Image.open(root / "train" / "cat" / f"1{suffix}") as image:
        assert np.array_equal(train.images[7].numpy(), np.asarray(image))
    assert int(train.labels[7]) == CLASS_NAMES.index("cat")
    assert cifar10(root)[0].name == train.name  # from the cache


@pytest.mark.parametrize("prefix", ["", "./", "cifar/", "./cifar/"])
@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
def test_an_archive_of_images(tmp_path, monkeypatch, suffix, prefix):
    root = write_images(tmp_path / "images")
    (root / "train" / "cat" / "._hidden").write_text("hidden")
    archive = write_archive(tmp_path / f"images{suffix}", root, prefix)
    shutil.rmtree(root)
    monkeypatch.setenv("REPSIM_CIFAR10", str(archive))
    assert_images(cifar10())
    assert not root.exists()


@pytest.mark.parametrize(
    ("write", "name"), [(write_binary, "cifar-10-batches-bin"), (write_pickled, "cifar-10-batches-py")]
)
def test_the_original(tmp_path, write, name):
    folder = write(tmp_path / "data" / name)
    assert_originals(cifar10(folder.parent))
    assert_originals(cifar10(folder))
    with tarfile.open(tmp_path / "original.tar.gz", "w:gz") as archive:
        archive.add(folder, name)
    assert_originals(cifar10(tmp_path / "original.tar.gz"))
    assert_originals(cifar10(folder.rename(tmp_path / "renamed")))


def test_the_whole_original_has_the_plain_name(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "_PARTS", {"train": ("training", 20), "test": ("test", 10)})
    train, test = cifar10(write_binary(tmp_path / "bin"))
    assert (train.name, test.name) == ("CIFAR-10, training", "CIFAR-10, test")
    assert cifar10(write_images(tmp_path / "images"))[1].name == "CIFAR-10 (image files), test"


def test_pickles_of_python_2_and_of_strings(tmp_path):
    folder = write_pickled(tmp_path / "py")
    for name, (pixels, labels) in batches().items():
        (folder / name).write_bytes(python2_pickle(pixels, labels))
    assert_originals(cifar10(folder))
    for name, (pixels, labels) in batches().items():
        content = {"labels": labels, "data": np.asfortranarray(pixels)}
        (folder / name).write_bytes(pickle.dumps(content, 2))
    assert_originals(cifar10(folder))


# -- pickles that are no data ------------------------------------------------------------------------------------------


class Hostile:
    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ((os.system, "touch {}"), rf"{os.system.__module__}\.system"),
        ((eval, "open('{}', 'w')"), r"builtins?__?\.eval|builtins\.eval"),
        ((np.load, "{}"), "numpy.*load"),
        (
            (np.ndarray, (1,), "O", b"A" * 8),
            "takes no arguments",
        ),  # NumPy would take the bytes for an object's address
        ((getattr, np, "load"), "getattr"),
    ],
)
def test_a_hostile_pickle_does_not_run(tmp_path, call, asked):
    folder, touched = write_pickled(tmp_path / "py"), tmp_path / "touched"
    words = [word.format(touched) if isinstance(word, str) else word for word in call]
    pixels, labels = batches()["data_batch_3"]
    content = {b"labels": labels, b"data": pixels, b"more": Hostile(*words)}
    try:
        stream = pickle.dumps(content, 2)
    except (TypeError, pickle.PicklingError):  # modules cannot be pickled
        stream = pickle.dumps({**content, b"more": Hostile(call[0], "x", "load")}, 2)
    (folder / "data_batch_3").write_bytes(stream)
    with pytest.raises(DatasetError, match=rf"data_batch_3: found no batch of pickled arrays .*({asked})"):
        cifar10(folder)
    assert not touched.exists()


BLACK = np.zeros((1, 3072), np.uint8)
PICKLES = [pickle.dumps({b"labels": [3], b"data": BLACK}, 2), python2_pickle(BLACK, [3])]


@settings(max_examples=100)
@given(
    st.sampled_from(PICKLES),
    st.lists(  # most changes near the beginning, where the structure is
        st.tuples(
            st.floats(0, 1),
            st.sampled_from([200, 10_000]),
            # opcode r makes room for as many objects as the next four bytes say
            st.integers(0, 255).filter(lambda value: value != ord("r")),
        ),
        max_size=4,
    ),
    st.integers(0, 300),
)
def test_damaged_pickles_are_refused_or_harmless(stream, changes, cut):
    damaged = bytearray(stream[: len(stream) - cut])
    for place, within, value in changes:
        damaged[int(place * (min(within, len(damaged)) - 1))] = value
    try:
        pixels, labels = cifar_files._pickled_batch(bytes(damaged), "file")
    except DatasetError:
        return
    assert pixels.shape == (len(labels), 3072)
    assert pixels.dtype == np.uint8


# -- what is missing or wrong ------------------------------------------------------------------------------------------


def remove(name: str) -> Callable[[Path], object]:
    return lambda root: shutil.rmtree(root / name)


def empty(name: str) -> Callable[[Path], object]:
    return lambda root: [path.unlink() for path in (root / name).iterdir()]


def put(name: str, content: bytes) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)

    return change


def image(mode: str = "RGB", size: tuple[int, int] = (32, 32), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(TEST[0]).resize(size).convert(mode).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("test/dog"), "test/dog: found no images or no such folder, expected the folders airplane"),
        (empty("train/dog"), "train/dog: found no images or no such folder"),
        (put("train/zebra/0.png", image()), "train/zebra: found an unknown class"),
        (lambda root: (root / "test" / "zebra").mkdir(), "test/zebra: found an unknown class"),
        (put("test/list.txt", b""), r"test/list\.txt: found an unknown class"),
        (put("test/cat/Thumbs.db", b""), r"test/cat/Thumbs\.db: found no image file, expected \.png"),
        (put("test/cat/none", b""), "test/cat/none: found no image file"),
        (put("test/cat/more/0.png", image()), "test/cat/more: found no image file|test/cat/more/0"),
        (put("train/cat/0.png", image("L")), r"train/cat/0\.png: found mode L, expected RGB"),
        (put("train/cat/0.png", image("RGBA")), r"train/cat/0\.png: found mode RGBA"),
        (put("train/cat/0.png", image("P")), r"train/cat/0\.png: found mode P"),
        (
            put("train/cat/x.jpg", image(size=(64, 32))),
            r"train/cat/x\.jpg: found 64×32 pixels, expected 32×32",
        ),
        (put("test/cat/0.png", b"rubbish"), r"test/cat/0\.png: found no PNG or JPEG"),
        (
            put("test/cat/x.jpeg", image(kind="JPEG")[:-50]),
            r"test/cat/x\.jpeg: found an image that .* truncated",
        ),
    ],
)
def test_what_is_wrong_with_images_is_named(tmp_path, cache, change, message, packed):
    root = source = write_images(tmp_path / "images")
    change(root)
    if packed:
        source = write_archive(tmp_path / "images.tar", root)
    with pytest.raises(DatasetError, match=f"^{source}/({message})"):
        cifar10(source)
    assert not cache.exists()


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_missing_part_is_named(tmp_path, part):
    root = write_images(tmp_path / "images")
    shutil.rmtree(root / part)
    with pytest.raises(DatasetError, match=f"^{root}/{part}: found no such folder"):
        cifar10(root)
    (root / part).mkdir()
    with pytest.raises(DatasetError, match=f"^{root}/{part}: found nothing, expected the folders airplane"):
        cifar10(root)
    with pytest.raises(DatasetError, match=rf"images\.tar/{part}: found nothing"):
        cifar10(write_archive(tmp_path / "images.tar", root))


def label(value: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:3073] + bytes([value]) + data[3074:]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("data_batch_2.bin", lambda data: data[:-1], "found 12291 bytes, expected a multiple of 3073"),
        ("test_batch.bin", lambda data: b"", "found 0 bytes, expected a multiple"),
        ("test_batch.bin", label(10), "found labels 0 to 10, expected 0 to 9"),
        ("data_batch_5.bin", label(255), "found labels 6 to 255"),
    ],
)
def test_what_is_wrong_with_binary_files_is_named(tmp_path, name, change, message):
    folder = write_binary(tmp_path / "bin")
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises(DatasetError, match=f"^{folder / name}: {message}"):
        cifar10(folder)


PIXELS, LABELS = batches()["test_batch"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({b"labels": LABELS, b"data": PIXELS[:, 1:]}, r"found data of shape \(10, 3071\), expected an array"),
        ({b"labels": LABELS, b"data": PIXELS[0]}, r"found data of shape \(3072,\)"),
        ({b"labels": LABELS, b"data": TEST}, r"found data of shape \(10, 32, 32, 3\)"),
        ({b"labels": [], b"data": PIXELS[:0].tolist()}, "found data of shape None"),
        ({b"labels": LABELS, b"data": PIXELS.astype(np.int64)}, "found an array of type i8, expected bytes"),
        ({b"labels": LABELS}, "found data of shape None"),
        ({b"labels": LABELS[1:], b"data": PIXELS}, "found other labels than a list of 10 integers"),
        ({b"labels": [*LABELS[1:], 1.0], b"data": PIXELS}, "found other labels"),
        ({b"fine_labels": LABELS, b"data": PIXELS}, "found other labels"),
        ({b"labels": [*LABELS[1:], 10], b"data": PIXELS}, "found labels 1 to 10, expected 0 to 9"),
        ({b"labels": [*LABELS[1:], -1], b"data": PIXELS}, "found labels -1 to 9"),
        ({b"labels": [*LABELS[1:], 10**30], b"data": PIXELS}, "found labels 1 to 10"),
        ([PIXELS, LABELS], "found no batch of pickled arrays"),
    ],
)
def test_what_is_wrong_with_pickled_files_is_named(tmp_path, content, message):
    file = write_pickled(tmp_path / "py") / "test_batch"
    file.write_bytes(pickle.dumps(content, 2))
    with pytest.raises(DatasetError, match=f"^{file}: .*{message}"):
        cifar10(file.parent)


@pytest.mark.parametrize(
    ("write", "name"),
    [(write_binary, "data_batch_4.bin"), (write_binary, "test_batch.bin"), (write_pickled, "data_batch_1")],
)
def test_a_missing_batch_is_named(tmp_path, write, name):
    folder = write(tmp_path / "folder")
    (folder / name).unlink()
    with pytest.raises(DatasetError, match=f"^{folder / name}: found no such file, expected all six"):
        cifar10(folder)


@pytest.mark.usefixtures("own_checks_only")
def test_a_root_that_is_none(tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match=r"^root: found no .*nowhere, expected a folder or an archive"):
        cifar10(tmp_path / "nowhere")
    (tmp_path / "file.zip").touch()
    with pytest.raises(DatasetError, match=r"^root: found the file .*file\.zip, .*\(\.tar, \.tar\.gz"):
        cifar10(tmp_path / "file.zip")
    with pytest.raises(DatasetError, match=r"^root: cannot read .*: File name too long"):
        cifar10(tmp_path / ("x" * 1000))
    with pytest.raises(TypeError, match=r"^root: found 3, expected a folder"):
        cifar10(3)  # pyright: ignore[reportArgumentType]
    monkeypatch.setenv("REPSIM_CIFAR10", str(tmp_path / "elsewhere"))
    with pytest.raises(DatasetError, match=r"^REPSIM_CIFAR10: found no .*elsewhere"):
        cifar10()


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
def test_a_truncated_archive_is_noticed_wherever_it_is_cut(tmp_path, suffix):
    """tarfile alone takes many a truncated archive for a shorter one."""
    archive = write_archive(tmp_path / f"images{suffix}", write_images(tmp_path / "images"))
    whole, data = cifar._read_archive(archive), archive.read_bytes()
    blocks = range(0, len(data), 2048)  # a header often begins where a file of an uncompressed archive is cut
    padding = tarfile.RECORDSIZE if suffix == ".tar" else 0  # zeros at the end, of which some can be missing
    for length in [*blocks, 1, 1000, len(data) - 1]:
        archive.write_bytes(data[:length])
        if length < len(data) - padding:
            with pytest.raises(DatasetError, match=r"^\S+: found a damaged archive"):
                cifar._read_archive(archive)
    archive.write_bytes(data)
    assert cifar._read_archive(archive) == whole


def test_a_damaged_archive_is_noticed(tmp_path):
    archive = write_archive(tmp_path / "images.tar", write_images(tmp_path / "images"))
    data = archive.read_bytes()
    header = data.index(b"train/frog/0.png")
    archive.write_bytes(data[:header] + b"x" + data[header + 1 :])
    with pytest.raises(DatasetError, match=r"images\.tar: found a damaged archive"):
        cifar10(archive)
    compressed = bytearray(lzma.compress(data))
    compressed[len(compressed) // 2] ^= 1
    (tmp_path / "images.tar.xz").write_bytes(compressed)
    with pytest.raises(DatasetError, match=r"images\.tar\.xz: found a damaged archive \(Corrupt"):
        cifar10(tmp_path / "images.tar.xz")


def test_an_archive_holds_one_folder_and_no_links(tmp_path):
    root = write_images(tmp_path / "images")
    with tarfile.open(tmp_path / "two.tar", "w") as archive:
        archive.add(root / "train", "a/train")
        archive.add(root / "test", "b/test")
    with pytest.raises(DatasetError, match=r"two\.tar: found images in several folders, \['a', 'b'\]"):
        cifar10(tmp_path / "two.tar")
    (root / "test" / "cat" / "1.png").symlink_to("/etc/passwd")
    with pytest.raises(DatasetError, match=r"links\.tar/test/cat/1\.png: found a link or a device"):
        cifar10(write_archive(tmp_path / "links.tar", root))


# -- the cache ---------------------------------------------------------------------------------------------------------


def spoil(root: Path) -> None:
    """Rubbish in place of all files, which keep their sizes and times."""
    for path in [path for path in root.rglob("*") if path.is_file()] if root.is_dir() else [root]:
        stat = path.stat()
        path.write_bytes(b"\xff" * stat.st_size)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize("kind", ["images", "archive", "binary", "pickled"])
def test_the_second_call_does_not_decode(tmp_path, kind):
    if kind in ("images", "archive"):
        source, check = write_images(tmp_path / "images"), assert_images
        if kind == "archive":
            source = write_archive(tmp_path / "images.tar.gz", source)
    else:
        source, check = (
            {"binary": write_binary, "pickled": write_pickled}[kind](tmp_path / "x"),
            assert_originals,
        )
    check(cifar10(source))
    spoil(source)
    check(cifar10(source))
    for path in [path for path in source.rglob("*") if path.is_file()][:1] or [source]:
        os.utime(path, (1, 1))
    with pytest.raises(DatasetError, match="found"):
        cifar10(source)


def test_another_size_is_noticed_whatever_the_time(tmp_path):
    root = write_images(tmp_path / "images")
    cifar10(root)
    path = root / "test" / "cat" / "0.png"
    stat = path.stat()
    path.write_bytes(bytes(stat.st_size + 1))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(DatasetError, match=rf"^{path}: found no PNG"):
        cifar10(root)


def test_a_new_or_removed_file_is_noticed(tmp_path):
    root = write_images(tmp_path / "images")
    cifar10(root)
    shutil.copy(root / "train" / "cat" / "1.png", root / "train" / "cat" / "2.png")
    assert len(cifar10(root)[0]) == 21
    (root / "train" / "cat" / "2.png").unlink()
    assert_images(cifar10(root))


def test_the_cache_is_where_the_user_keeps_caches(tmp_path, monkeypatch):
    root = write_images(tmp_path / "images")
    monkeypatch.delenv("REPSIM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    cifar10(root)
    assert len(list((tmp_path / "xdg" / "repsim" / "cifar10").iterdir())) == 1
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    cifar10(root)
    assert len(list((tmp_path / "home" / ".cache" / "repsim" / "cifar10").iterdir())) == 1


def test_a_damaged_entry_is_reported_and_made_again(tmp_path, cache, capsys):
    root = write_images(tmp_path / "images")
    cifar10(root)
    (entry,) = cache.iterdir()
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    for damaged in (data, data[:100], b""):
        entry.write_bytes(damaged)
        assert_images(cifar10(root))
        assert f"damaged entry, to be computed again: {entry}" in capsys.readouterr().err
        assert_images(cifar10(root))
        assert capsys.readouterr().err == ""


def test_a_full_disk_does_not_lose_the_images(tmp_path, cache, monkeypatch):
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    root = write_images(tmp_path / "images")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.warns(
        UserWarning, match=rf"cannot write {cache}/.*: No space left .*again at the next call$"
    ):
        assert_images(cifar10(root))
    assert list(cache.iterdir()) == []


def test_a_cache_that_is_no_folder_does_not_lose_the_images(tmp_path, cache):
    cache.parent.mkdir()
    cache.write_text("a file")
    with pytest.warns(UserWarning, match=f"{cache} is a file, expected a folder"):
        assert_images(cifar10(write_images(tmp_path / "images")))


# -- downloads ---------------------------------------------------------------------------------------------------------


class Answer(io.BytesIO):
    """What a server sends; torchvision's own code asks for it."""

    url = cifar._URL

    @property
    def length(self) -> int:
        return len(self.getvalue())


@pytest.fixture
def original(tmp_path, monkeypatch) -> bytes:
    """A small archive of binary files, which passes for the published one."""
    with tarfile.open(tmp_path / "original.tar.gz", "w:gz") as archive:
        archive.add(write_binary(tmp_path / "bin"), "cifar-10-batches-bin")
    data = (tmp_path / "original.tar.gz").read_bytes()
    monkeypatch.setattr(cifar, "_MD5", hashlib.md5(data, usedforsecurity=False).hexdigest())
    return data


@pytest.fixture
def serve(monkeypatch) -> Callable[..., list[str]]:
    """Lets downloads send the given contents in turn, or fail with the given error; their addresses are listed."""

    def serve(*answers: bytes | Exception) -> list[str]:
        requests, left = [], list(answers)

        def urlopen(request: urllib.request.Request) -> Answer:
            if left and isinstance(left[0], Exception):
                raise left[0]
            if request.has_header("Method"):  # torchvision asks where the address leads
                return Answer()
            requests.append(request.full_url)
            return Answer(left.pop(0))

        monkeypatch.setattr(urllib.request, "urlopen", urlopen)
        return requests

    return serve


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def test_the_original_is_downloaded_once(cache, original, serve):
    requests = serve(original)
    assert_originals(cifar10())
    assert requests == [cifar._URL]
    assert_originals(cifar10())
    assert_originals(cifar10(download=False))
    assert requests == [cifar._URL]
    assert files(cache) == [".gz", ".safetensors"]


def test_an_original_in_the_cache_is_used(cache, serve):
    requests = serve()
    write_binary(cache / "cifar-10-batches-bin")
    assert_originals(cifar10())
    assert requests == []


def test_without_a_network_one_line_says_what_to_do(cache, serve):
    serve(URLError("Name or service not known"))
    with pytest.raises(DatasetError, match="Name or service") as caught:
        cifar10()
    for part in ("pass root= or set REPSIM_CIFAR10", "folder of images", "original files", "with a network"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(cache.iterdir()) == []
    with pytest.raises(DatasetError, match=f"no CIFAR-10 in {cache}; pass root="):
        cifar10(download=False)


def test_a_broken_download_is_named_and_fetched_once_more(cache, original, serve):
    serve(original[:1000], original)
    with pytest.warns(UserWarning, match=r"cifar10/cifar-10-binary\.tar\.gz: broken download .*again"):
        assert_originals(cifar10())
    assert files(cache) == [".gz", ".safetensors"]


def test_a_second_broken_download_is_an_error(cache, original, serve):
    requests = serve(original[:1000], original[:-1], original)
    with pytest.warns(UserWarning, match="broken download"), pytest.raises(DatasetError, match="corrupted"):
        cifar10()
    assert requests == [cifar._URL] * 2
    assert list(cache.iterdir()) == []


def test_a_partial_archive_in_the_cache_is_named_and_fetched_again(cache, original, serve):
    cache.mkdir(parents=True)
    archive = cache / "cifar-10-binary.tar.gz"
    archive.write_bytes(original[:1000])
    requests = serve(original)
    with pytest.raises(DatasetError, match=f"^{archive}: found a damaged archive"):
        cifar10(download=False)
    assert archive.exists()
    assert requests == []
    said = f"^{archive}: found a damaged archive .*removed and fetched again"
    with pytest.warns(UserWarning, match=said):
        assert_originals(cifar10())
    assert archive.read_bytes() == original
    archive.write_bytes(original[:1000])
    serve(URLError("unreachable"))
    with pytest.warns(UserWarning, match=said), pytest.raises(DatasetError, match="unreachable"):
        cifar10()
    assert not archive.exists()


# -- the real images ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not ARCHIVE.is_file(), reason="there is no archive of CIFAR-10's images")
def test_a_part_of_the_real_archive(tmp_path):
    """Decoding it all takes too long for a test: its first JPEG images, dealt out to the classes."""
    with tarfile.open(ARCHIVE, "r|*") as archive, tarfile.open(tmp_path / "part.tar", "w") as part:
        found = 0
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".jpg") else None
            if file is None:
                continue
            folder = f"{'train' if found < 300 else 'test'}/{CLASS_NAMES[found % 10]}"
            copy = tarfile.TarInfo(f"{folder}/{found:04}.jpg")
            copy.size = member.size
            part.addfile(copy, file)
            found += 1
            if found == 400:
                break
    if found < 400:
        pytest.skip("the archive of CIFAR-10 holds no JPEG images")
    train, test = cifar10(tmp_path / "part.tar")
    assert train.name == "CIFAR-10 (JPEG copy, 300 images), training"
    assert train.labels.bincount().tolist() == [30] * 10
    assert test.labels.bincount().tolist() == [10] * 10
    assert len(train.images.flatten(1).unique(dim=0)) == 300
    pixels = train.images.view(-1, 3).double() / 255
    assert pixels.mean(dim=0).tolist() == pytest.approx([0.5, 0.5, 0.5], abs=0.15)
    assert pixels.std(dim=0).tolist() == pytest.approx([0.25, 0.25, 0.25], abs=0.1)
