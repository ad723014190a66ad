"""What is said of a death, in English and Russian."""

from __future__ import annotations

from typing import NamedTuple

from ..models import Cause, Confidence, Explained

_LONGEST_NAME = 50


class Facts(NamedTuple):
    """What is known. Sizes are bytes; None is unknown. ``name`` is the document's, else the kernel's."""

    cause: Cause
    confidence: Confidence
    name: str
    document: bool
    code: int | None = None
    signal: str = ""
    peak: int | None = None
    used: int | None = None
    limit: int | None = None
    container: bool = False
    process: str = ""
    restarted: bool = False
    starting: bool = False
    shared_full: bool = False
    #: Of a remote kernel: what the gateway tells.
    remote: str = ""


def size(number: int) -> str:
    """``1.5 GiB``."""
    value, unit = float(number), "B"
    for following in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, following
    return f"{value:.0f} {unit}" if unit in ("B", "KiB") or value >= 100 else f"{value:.2f} {unit}"


def explain(facts: Facts) -> dict[str, Explained]:
    """By language: `en` and `ru`."""
    return {"en": _english(facts), "ru": _russian(facts)}


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _english(f: Facts) -> Explained:
    who = f"The kernel of {_short(f.name)}" if f.document else f"The kernel {_short(f.name)}"
    title, body, advice = _ENGLISH[f.cause]
    likely = "most likely " if f.confidence == "likely" else ""
    if f.cause == "out_of_memory":
        limit = f" of {size(f.limit)}" if f.limit else ""
        where = "The container's memory" if f.container else "The machine's memory"
        used = f" It had used {size(f.peak)}." if f.peak else ""
        body = f"{where}{limit} was full, and the system {likely}stopped the kernel.{used}"
    elif f.cause == "child_out_of_memory":
        process = f" ({f.process})" if f.process else ""
        owner = "A process that the kernel had started" if f.confidence != "unknown" else "A process"
        body = f"{owner}{process} was {likely}stopped by the system because memory was full. The kernel itself goes on."
    elif f.cause == "killed" and f.confidence == "certain":
        body += " Memory was not the cause: the system's count of processes stopped for memory has not changed."
    elif f.cause == "bus_error" and f.shared_full:
        body += " The shared memory /dev/shm is full."
    elif f.cause == "exited":
        title = title.format(code=f.code)
        body = body.format(code=f.code)
        if f.starting:
            body, advice = (
                f"The kernel ended with code {f.code} while it was starting.",
                "See the server's log; check that the environment is complete (ipykernel is installed) and restart.",
            )
    elif f.cause == "terminated":
        body = body.format(signal=f.signal)
    elif f.cause == "unknown" and f.signal:
        body = f"The signal {f.signal} ended it."
    elif f.cause in ("unknown", "gateway_lost") and f.remote:
        title, body, advice = _ENGLISH_REMOTE[f.remote]
    if f.cause != "child_out_of_memory" and f.remote not in ("silent", "gone", "lost"):
        body += (
            " It was started again: its variables are gone."
            if f.restarted
            else " It is not running any more, and its variables are gone."
        )
    return Explained(f"{who} {title}", body, advice)


def _russian(f: Facts) -> Explained:
    who = f"Ядро {_short(f.name)}"
    title, body, advice = _RUSSIAN[f.cause]
    likely = "вероятнее всего, " if f.confidence == "likely" else ""
    if f.cause == "out_of_memory":
        limit = f" ({size(f.limit)})" if f.limit else ""
        where = "Память контейнера" if f.container else "Память машины"
        used = f" Ядро занимало {size(f.peak)}." if f.peak else ""
        body = f"{where}{limit} закончилась, и система, {likely}остановила ядро.{used}"
        if not likely:
            body = body.replace("система, ", "система ")
    elif f.cause == "child_out_of_memory":
        process = f" ({f.process})" if f.process else ""
        owner = "Процесс, запущенный ядром," if f.confidence != "unknown" else "Процесс"
        body = f"{owner}{process} {likely}остановлен системой: закончилась память. Само ядро работает."
    elif f.cause == "killed" and f.confidence == "certain":
        body += " Память ни при чём: счётчик процессов, остановленных из-за памяти, не изменился."
    elif f.cause == "bus_error" and f.shared_full:
        body += " Общая память /dev/shm заполнена."
    elif f.cause == "exited":
        title = title.format(code=f.code)
        body = body.format(code=f.code)
        if f.starting:
            body, advice = (
                f"Ядро завершилось с кодом {f.code} во время запуска.",
                "Посмотрите журнал сервера; проверьте, что окружение исправно (установлен ipykernel), и перезапустите.",
            )
    elif f.cause == "terminated":
        body = body.format(signal=f.signal)
    elif f.cause == "unknown" and f.signal:
        body = f"Его завершил сигнал {f.signal}."
    elif f.cause in ("unknown", "gateway_lost") and f.remote:
        title, body, advice = _RUSSIAN_REMOTE[f.remote]
    if f.cause != "child_out_of_memory" and f.remote not in ("silent", "gone", "lost"):
        body += (
            " Ядро запущено заново, значения переменных потеряны."
            if f.restarted
            else " Ядро больше не работает, значения переменных потеряны."
        )
    return Explained(f"{who}: {title}", body, advice)


_Text = tuple[str, str, str]
_MEMORY = "Use smaller batches or parts of the data, delete what is not needed (del, gc.collect()), or take an instance with more memory."  # noqa: E501 - a sentence
_MEMORY_RU = "Уменьшите пакет (batch) или порцию данных, удалите ненужное (del, gc.collect()) или возьмите инстанс с большей памятью."  # noqa: E501 - a sentence
_SERVER = "Run the notebook again; edits that were not saved are offered as drafts."
_SERVER_RU = "Выполните блокнот заново; несохранённые правки предлагаются как черновики."

_ENGLISH: dict[Cause, _Text] = {
    "out_of_memory": ("ran out of memory", "", _MEMORY),
    "child_out_of_memory": (
        "lost a process: out of memory",
        "",
        "Use fewer workers (num_workers, n_jobs) or smaller batches, or take an instance with more memory. What waits for the lost process may hang: interrupt it.",  # noqa: E501 - a sentence
    ),
    "killed": (
        "was killed",
        "A program or a person killed it (SIGKILL).",
        "If it was not you: look for programs that end processes, such as a time limit of the platform.",
    ),
    "terminated": (
        "was told to end",
        "It got the signal {signal} from a program or a person.",
        "If it was not you: look for programs that end processes, such as a time limit of the platform.",
    ),
    "segmentation_fault": (
        "crashed: invalid memory access",
        "Native code of a library used memory that it may not (SIGSEGV).",
        "Find the cell, update or reinstall the library that it uses, and check that versions fit together. The server's log may hold the place (faulthandler).",  # noqa: E501 - a sentence
    ),
    "bus_error": (
        "crashed: memory could not be provided",
        "Memory that is shared or belongs to a file could not be provided (SIGBUS).",
        "Use fewer data loader workers, ask for a larger /dev/shm, or free disk space; a file that is mapped must not be shortened.",  # noqa: E501 - a sentence
    ),
    "illegal_instruction": (
        "crashed: unknown instruction",
        "A library was built for another processor (SIGILL).",
        "Install a build of the library that fits this processor, or take another type of instance.",
    ),
    "aborted": (
        "aborted",
        "Native code ended the process itself after a fatal error (SIGABRT).",
        "The server's log says what a library complained of. Update or reinstall it, and check that versions fit together.",  # noqa: E501 - a sentence
    ),
    "exited": (
        "ended with code {code}",
        "The process ended by itself with code {code}: the code or a library asked for it.",
        "Look for exit(), quit(), os._exit() and the like in the cell, or in what it calls.",
    ),
    "gateway_lost": ("is lost with its gateway", "The gateway does not answer.", "Try again when the gateway is back."),
    "server_lost": (
        "ended with the server",
        "The server ended without being shut down: it was killed, or its container or machine was taken away.",
        _SERVER,
    ),
    "container_out_of_memory": (
        "ended: the container ran out of memory",
        "The memory of the container was full, and the system ended everything in it, the server too.",
        _MEMORY,
    ),
    "unknown": ("died", "Why is not known.", "See the server's log."),
}
_RUSSIAN: dict[Cause, _Text] = {
    "out_of_memory": ("не хватило памяти", "", _MEMORY_RU),
    "child_out_of_memory": (
        "процесс остановлен из-за нехватки памяти",
        "",
        "Уменьшите число рабочих процессов (num_workers, n_jobs) или пакет либо возьмите инстанс с большей памятью. То, что ждёт этот процесс, может зависнуть: прервите выполнение.",  # noqa: E501 - a sentence
    ),
    "killed": (
        "принудительно завершено",
        "Его завершила программа или человек (SIGKILL).",
        "Если это были не вы, ищите программы, которые завершают процессы, например ограничение платформы по времени.",
    ),
    "terminated": (
        "получен сигнал завершения",
        "Программа или человек прислали ядру сигнал {signal}.",
        "Если это были не вы, ищите программы, которые завершают процессы, например ограничение платформы по времени.",
    ),
    "segmentation_fault": (
        "сбой, недопустимое обращение к памяти",
        "Машинный код библиотеки обратился к чужой памяти (SIGSEGV).",
        "Найдите ячейку, обновите или переустановите используемую в ней библиотеку, проверьте совместимость версий. Место может быть в журнале сервера (faulthandler).",  # noqa: E501 - a sentence
    ),
    "bus_error": (
        "сбой, память не предоставлена",
        "Общую или связанную с файлом память не удалось предоставить (SIGBUS).",
        "Уменьшите число рабочих процессов загрузчика, увеличьте /dev/shm или освободите диск; отображённый файл нельзя укорачивать.",  # noqa: E501 - a sentence
    ),
    "illegal_instruction": (
        "сбой, неизвестная инструкция",
        "Библиотека собрана для другого процессора (SIGILL).",
        "Установите сборку библиотеки для этого процессора или возьмите инстанс другого типа.",
    ),
    "aborted": (
        "аварийно завершено",
        "Машинный код сам завершил процесс после неисправимой ошибки (SIGABRT).",
        "В журнале сервера видно, на что пожаловалась библиотека. Обновите или переустановите её, проверьте версии.",
    ),
    "exited": (
        "завершилось с кодом {code}",
        "Процесс завершился сам с кодом {code}: этого потребовал код или библиотека.",
        "Ищите exit(), quit(), os._exit() и подобное в ячейке или в том, что она вызывает.",
    ),
    "gateway_lost": ("потеряно вместе со шлюзом", "Шлюз не отвечает.", "Повторите, когда шлюз вернётся."),
    "server_lost": (
        "завершилось вместе с сервером",
        "Сервер завершился без остановки: его принудительно завершили, либо исчез его контейнер или машина.",
        _SERVER_RU,
    ),
    "container_out_of_memory": (
        "контейнеру не хватило памяти",
        "Память контейнера закончилась, и система завершила в нём всё, в том числе сервер.",
        _MEMORY_RU,
    ),
    "unknown": ("завершилось", "Почему, неизвестно.", "Посмотрите журнал сервера."),
}
_REMOTE_ADVICE = "See the log of the remote kernel. Often it is memory: use smaller batches, or more resources."
_REMOTE_ADVICE_RU = "Посмотрите журнал удалённого ядра. Часто это память: уменьшите пакет или возьмите больше ресурсов."
_ENGLISH_REMOTE: dict[str, _Text] = {
    "silent": (
        "cannot be reached",
        "The gateway does not answer. The kernel may still be running, with its variables.",
        "Wait until the gateway answers again; nothing needs to be restarted before that.",
    ),
    "lost": (
        "is lost with its gateway",
        "The gateway was away, and now it does not know the kernel any more. Its variables are gone.",
        "Choose or restart a kernel and run the notebook again.",
    ),
    "gone": (
        "is gone",
        "The gateway does not have it any more: it was shut down there, after being idle perhaps, or its machine ended. Its variables are gone.",  # noqa: E501 - a sentence
        "Choose or restart a kernel and run the notebook again. "
        "If cells were running, ask for more memory or a longer idle time.",
    ),
    "restarting": ("died", "The gateway says so; it does not tell why.", _REMOTE_ADVICE),
    "dead": ("died", "The gateway says so; it does not tell why.", _REMOTE_ADVICE),
}
_RUSSIAN_REMOTE: dict[str, _Text] = {
    "silent": (
        "нет связи",
        "Шлюз не отвечает. Возможно, ядро ещё работает и переменные целы.",
        "Подождите, пока шлюз снова ответит; до этого ничего не нужно перезапускать.",
    ),
    "lost": (
        "потеряно вместе со шлюзом",
        "Шлюз был недоступен и теперь не знает этого ядра. Значения переменных потеряны.",
        "Выберите или перезапустите ядро и выполните блокнот заново.",
    ),
    "gone": (
        "исчезло",
        "На шлюзе его больше нет: его там остановили, например за простой, или исчезла его машина. Значения переменных потеряны.",  # noqa: E501 - a sentence
        "Выберите или перезапустите ядро и выполните блокнот заново. "
        "Если выполнялись ячейки, запросите больше памяти или времени простоя.",
    ),
    "restarting": ("завершилось", "Так сообщает шлюз; причину он не называет.", _REMOTE_ADVICE_RU),
    "dead": ("завершилось", "Так сообщает шлюз; причину он не называет.", _REMOTE_ADVICE_RU),
}
