"""What checks say, in English and Russian."""

from __future__ import annotations

import errno
from typing import Literal

from ...core.ports import Reading
from ..cgroup import MemoryUse
from ..models import Disk, Status

_UNITS = ("B", "KB", "MB", "GB", "TB")
_UNITS_RU = ("Б", "КБ", "МБ", "ГБ", "ТБ")


def size(value: float, units: tuple[str, ...] = _UNITS) -> str:
    """Bytes as people say them: `1.5 GB`, 1 KB being 1,024."""
    number = 0
    while value >= 1024 and number < len(units) - 1:
        value /= 1024
        number += 1
    text = f"{value:.1f}".removesuffix(".0") if value < 100 else f"{value:.0f}"
    return f"{text} {units[number]}"


def size_ru(value: float) -> str:
    """As `size`, in Russian."""
    return size(value, _UNITS_RU).replace(".", ",")


def memory(use: MemoryUse, status: Status) -> Reading:
    """Memory against its limit."""
    share = round(100 * use.used / use.limit) if use.limit else 0
    english = f"{share} % of the memory is used: {size(use.used)} of {size(use.limit)}."
    russian = f"Занято {share} % памяти: {size_ru(use.used)} из {size_ru(use.limit)}."
    advice = russian_advice = ""
    if status != "pass":
        advice = "Shut down kernels that are not needed, or take smaller batches; what is full is killed."
        russian_advice = (
            "Завершите ненужные ядра или уменьшите порции данных: при исчерпании памяти процесс будет убит."
        )
    return Reading(
        "memory",
        "memory",
        status,
        english,
        advice,
        {"ru": (russian, russian_advice)},
        float(use.used),
        float(use.limit),
        "bytes",
        "" if status == "pass" else "memory_low",
    )


def cpu(used: float, limit: float, status: Status) -> Reading:
    """Processor time."""
    english, russian = f"{used:.1f} of {limit:g} cores are busy.", f"Занято ядер процессора: {used:.1f} из {limit:g}."
    return Reading("cpu", "cpu", status, english, "", {"ru": (russian.replace(".", ",", 1), "")}, used, limit, "cores")


def event_loop(milliseconds: float, status: Status) -> Reading:
    """The delay of the event loop."""
    advice = ("", "")
    if status != "pass":
        advice = (
            "Something keeps the server busy; it answers late. If it stays so, save and restart the server.",
            "Сервер чем-то занят и отвечает с задержкой. Если это не пройдёт, сохранитесь и перезапустите сервер.",
        )
    english = f"The server answers within {milliseconds:.0f} ms."
    russian = f"Сервер отвечает в пределах {milliseconds:.0f} мс."
    return Reading(
        "event_loop",
        "event_loop",
        status,
        english,
        advice[0],
        {"ru": (russian, advice[1])},
        round(milliseconds, 1),
        None,
        "ms",
        "" if status == "pass" else "slow",
    )


def descriptors(used: int, limit: int, status: Status) -> Reading:
    """Open files of the server."""
    advice = ("", "")
    if status != "pass":
        advice = (
            "Close notebooks and terminals that are not needed, or ask for a higher limit of open files.",
            "Закройте ненужные блокноты и терминалы или попросите увеличить лимит открытых файлов.",
        )
    english = f"The server has {used} of at most {limit} files open."
    russian = f"Сервер держит открытыми {used} файлов, лимит {limit}."
    return Reading(
        "descriptors",
        "descriptors",
        status,
        english,
        advice[0],
        {"ru": (russian, advice[1])},
        float(used),
        float(limit),
        "files",
        "" if status == "pass" else "descriptors_low",
    )


def _disk(
    name: str,
    status: Status,
    english: tuple[str, str],
    russian: tuple[str, str],
    code: str,
    disk: Disk | None = None,
) -> Reading:
    known = disk is not None and disk.free is not None and disk.total is not None
    return Reading(
        "disk",
        name,
        status,
        *english,
        {"ru": russian},
        float((disk.total or 0) - (disk.free or 0)) if disk is not None and known else None,
        float(disk.total or 0) if disk is not None and known else None,
        "bytes",
        code,
    )


_TIDY = ("Delete what is not needed, or ask for more room.", "Удалите ненужное или попросите больше места.")
_KEPT = (
    "Files there cannot be saved until then; unsaved edits are kept as drafts.",
    "До этого файлы там нельзя сохранить; несохранённые правки остаются черновиками.",
)


def disk_well(disk: Disk) -> Reading:
    """Nothing is wrong."""
    free = disk.free or 0
    return _disk(
        disk.root, "pass", (f"{disk.title}: {size(free)} free.", ""), (f"{disk.title}: свободно {size_ru(free)}.", ""),
        "", disk,
    )  # fmt: skip


def disk_low(disk: Disk, status: Literal["warn", "fail"]) -> Reading:
    """Little room."""
    free = disk.free or 0
    return _disk(
        disk.root,
        status,
        (f"{disk.title}: only {size(free)} are free.", _TIDY[0]),
        (f"{disk.title}: свободно всего {size_ru(free)}.", _TIDY[1]),
        "disk_low",
        disk,
    )


def disk_full(disk: Disk) -> Reading:
    """No room, or the user's quota is used up."""
    return _disk(
        disk.root,
        "fail",
        (f"{disk.title} is full.", f"{_TIDY[0]} {_KEPT[0]}"),
        (f"{disk.title}: место закончилось.", f"{_TIDY[1]} {_KEPT[1]}"),
        "disk_full",
        disk,
    )


def disk_no_inodes(disk: Disk, status: Literal["warn", "fail"]) -> Reading:
    """No room for more files, however small."""
    left = disk.free_inodes or 0
    return _disk(
        disk.root,
        status,
        (
            f"{disk.title}: room for {left} more files, though {size(disk.free or 0)} are free.",
            "Delete files that are not needed: many small ones, as in caches and environments, use it up.",
        ),
        (
            f"{disk.title}: можно создать ещё {left} файлов, хотя свободно {size_ru(disk.free or 0)}.",
            "Удалите ненужные файлы: обычно их много в кэшах и окружениях.",
        ),
        "inodes_low",
        disk,
    )


def disk_refuses(disk: Disk, error: OSError) -> Reading:
    """It takes no write, for another reason than room."""
    if error.errno == errno.EROFS:
        english = (
            f"{disk.title} can only be read now.",
            "The file system was mounted anew or found an error. Save elsewhere and tell the operator.",
        )
        russian = (
            f"{disk.title}: теперь только для чтения.",
            "Файловая система перемонтирована или повреждена. Сохраните в другом месте и сообщите администратору.",
        )
        return _disk(disk.root, "fail", english, russian, "disk_read_only", disk)
    name = errno.errorcode.get(error.errno or 0, "?")
    return _disk(
        disk.root,
        "fail",
        (f"{disk.title} takes no writes ({name}).", f"Save elsewhere and tell the operator. {_KEPT[0]}"),
        (
            f"{disk.title} не принимает запись ({name}).",
            f"Сохраните в другом месте и сообщите администратору. {_KEPT[1]}",
        ),
        "disk_error",
        disk,
    )


def disk_silent(name: str, title: str) -> Reading:
    """It hangs."""
    return _disk(
        name,
        "fail",
        (f"{title} does not answer.", "Everything else goes on. It is looked at again by itself."),
        (f"{title} не отвечает.", "Остальное работает. Проверка повторится сама."),
        "disk_not_answering",
    )


def disk_missing(name: str, title: str, error: OSError) -> Reading:
    """It is not there."""
    code = errno.errorcode.get(error.errno or 0, "?")
    return _disk(
        name,
        "fail",
        (f"{title} cannot be reached ({code}).", "It may not be mounted. Tell the operator if it stays so."),
        (f"{title} недоступен ({code}).", "Возможно, он не подключён. Если это не пройдёт, сообщите администратору."),
        "disk_missing",
    )


def gateway(answers: bool, why: str) -> Reading:
    """The kernel gateway."""
    if answers:
        return Reading(
            "gateway", "gateway", "pass", "The kernel gateway answers.", "", {"ru": ("Шлюз ядер отвечает.", "")}
        )
    detail = f" ({why[:100]})" if why else ""
    return Reading(
        "gateway",
        "gateway",
        "fail",
        f"The kernel gateway does not answer{detail}.",
        "Files can be edited and saved; cells cannot run. It is asked again by itself.",
        {
            "ru": (
                f"Шлюз ядер не отвечает{detail}.",
                "Файлы можно править и сохранять, ячейки выполнить нельзя. Проверка повторится сама.",
            )
        },
        code="gateway_lost",
    )


def probe_failed(name: str, late: bool) -> Reading:
    """A probe itself has failed."""
    english = f"The check “{name}” {'took too long' if late else 'failed'}."
    russian = f"Проверка «{name}» {'заняла слишком много времени' if late else 'не удалась'}."
    advice = (
        "Everything else goes on; the server's log says more.",
        "Остальное работает; подробности в журнале сервера.",
    )
    return Reading(
        "feature", name, "warn", english, advice[0], {"ru": (russian, advice[1])}, code="late" if late else "failed"
    )


def part_off(name: str) -> Reading:
    """A part of the healthcheck did not start."""
    return Reading(
        "feature",
        name,
        "warn",
        f"The part {name} of the healthcheck is off.",
        "Everything else goes on; the server's log says why.",
        {"ru": (f"Часть {name} проверки состояния не работает.", "Остальное работает; причина в журнале сервера.")},
        code="off",
    )
