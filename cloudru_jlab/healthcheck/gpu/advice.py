"""What NVML's codes, Xid errors, memory errors and throttling mean for a person.

Codes: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html, Xid: https://docs.nvidia.com/deploy/xid-errors.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ...core.ports import Reading

NOT_SUPPORTED, NO_PERMISSION, DRIVER_NOT_LOADED, TIMEOUT = 3, 4, 9, 10
LIBRARY_NOT_FOUND, FUNCTION_NOT_FOUND = 12, 13
GPU_IS_LOST, RESET_REQUIRED, VERSION_MISMATCH, UNKNOWN = 15, 16, 18, 999

#: There is no GPU here, which is no fault.
ABSENT = frozenset({DRIVER_NOT_LOADED, LIBRARY_NOT_FOUND})

#: The id of the reading of all GPUs together.
DRIVER = "driver"


class Words(NamedTuple):
    """A finding: its severity, a word for programs, and message and advice in English and Russian. ``{gpu}`` stands
    for the GPU's name."""

    status: Literal["pass", "warn", "fail"]
    code: str
    message: str
    advice: str
    message_ru: str
    advice_ru: str

    def reading(self, id: str, gpu: str = "GPU", **filled: object) -> Reading:
        """The reading of the component ``gpu``."""

        def fill(text: str) -> str:
            return text.format(gpu=gpu, **filled)

        texts = {"ru": (fill(self.message_ru), fill(self.advice_ru))}
        return Reading("gpu", id, self.status, fill(self.message), fill(self.advice), texts, code=self.code)


_LOST = Words(
    "fail",
    "gpu_device_access_lost",
    "The container has lost access to the GPU.",
    "Save your work, then stop the server and start it again: only a new container gets the GPU back. Restarting the "
    "kernel does not help.",
    "Контейнер потерял доступ к GPU.",
    "Сохраните работу, остановите сервер и запустите его снова: доступ к GPU получит только новый контейнер. "
    "Перезапуск ядра не поможет.",
)

OF_CODE: dict[int, Words] = {
    UNKNOWN: _LOST,
    DRIVER_NOT_LOADED: Words(
        "fail",
        "gpu_driver_gone",
        "The GPU's driver is no longer loaded on the node.",
        "Save your work, then stop the server and start it again. If the GPU does not come back, tell the support.",
        "Драйвер GPU на узле больше не загружен.",
        "Сохраните работу, остановите сервер и запустите его снова. Если GPU не вернулся, обратитесь в поддержку.",
    ),
    VERSION_MISMATCH: Words(
        "fail",
        "gpu_driver_updated",
        "The GPU's driver was updated on the node, and the libraries in this container are of the old version.",
        "Save your work, then stop the server and start it again: a new container gets the libraries that match. "
        "What runs on the GPU now may go on, new programs cannot start.",
        "Драйвер GPU на узле обновлён, а библиотеки в этом контейнере старой версии.",
        "Сохраните работу, остановите сервер и запустите его снова: новый контейнер получит подходящие библиотеки. "
        "То, что уже работает на GPU, может продолжаться, новые программы не запустятся.",
    ),
    NO_PERMISSION: Words(
        "fail",
        "gpu_no_permission",
        "This server is not permitted to use the GPU.",
        "Tell the support: the user that the server runs as may not open the GPU's device files.",
        "Этому серверу не разрешено использовать GPU.",
        "Обратитесь в поддержку: пользователь, от имени которого работает сервер, не может открыть файлы устройств "
        "GPU.",
    ),
    GPU_IS_LOST: Words(
        "fail",
        "gpu_lost",
        "{gpu} is lost: it has fallen off the bus.",
        "Save your work. What was on this GPU is gone. Move to another instance and tell the support: the node needs a "
        "restart or a repair.",
        "{gpu} потерян: он отключился от шины.",
        "Сохраните работу. Данные на этом GPU потеряны. Перейдите на другой инстанс и обратитесь в поддержку: узел "
        "надо перезагрузить или починить.",
    ),
    RESET_REQUIRED: Words(
        "fail",
        "gpu_reset_required",
        "{gpu} must be reset before it can be used again.",
        "Save your work, stop all kernels that use this GPU, then stop the server and start it again. If it comes back "
        "in the same state, tell the support.",
        "{gpu} нужно сбросить, прежде чем им снова можно будет пользоваться.",
        "Сохраните работу, остановите все ядра, которые используют этот GPU, затем остановите сервер и запустите его "
        "снова. Если состояние не изменилось, обратитесь в поддержку.",
    ),
}

OTHER_CODE = Words(
    "warn",
    "gpu_error",
    "The GPU's management library reports error {number}.",
    "If programs cannot use the GPU, save your work, stop the server and start it again; then tell the support "
    "the number.",
    "Библиотека управления GPU сообщает об ошибке {number}.",
    "Если программы не могут использовать GPU, сохраните работу, остановите сервер и запустите его снова; затем "
    "сообщите номер ошибки в поддержку.",
)

NOT_ANSWERING = Words(
    "fail",
    "gpu_not_answering",
    "{gpu} does not answer ({function}).",
    "Save your work. Programs that use the GPU may hang too. If this lasts, stop the server and start it again, and "
    "tell the support.",
    "{gpu} не отвечает ({function}).",
    "Сохраните работу. Программы, которые используют GPU, тоже могут зависнуть. Если это не проходит, остановите "
    "сервер и запустите его снова, и обратитесь в поддержку.",
)

THROTTLED = Words(
    "warn",
    "gpu_throttled",
    "{gpu} runs slower than it could: {reasons}.",
    "Your results are not affected, only the speed. If it lasts, tell the support: the node's cooling or power "
    "needs a look.",
    "{gpu} работает медленнее, чем мог бы: {reasons_ru}.",
    "На результаты это не влияет, только на скорость. Если не проходит, обратитесь в поддержку: надо проверить "
    "охлаждение или питание узла.",
)

#: Bits of nvmlDeviceGetCurrentClocksEventReasons that are a fault of the machine, not the normal cap of power.
THROTTLING: tuple[tuple[int, str, str], ...] = (
    (0x40, "it is too hot", "он перегрет"),
    (0x20, "it is too hot", "он перегрет"),
    (0x80, "the node's power supply limits it", "его ограничивает питание узла"),
    (0x08, "the hardware slows it down", "его замедляет аппаратная защита"),
)

MEMORY_ERRORS = Words(
    "warn",
    "gpu_ecc",
    "{gpu} has had {count} memory errors that could not be corrected.",
    "Results of programs that used it may be wrong, and they may have failed. Save your work, stop the server and "
    "start it again; if the errors come back, tell the support.",
    "В памяти {gpu} было неисправимых ошибок: {count}.",
    "Результаты программ, которые его использовали, могут быть неверны, а сами программы могли завершиться с ошибкой. "
    "Сохраните работу, остановите сервер и запустите его снова; если ошибки повторятся, обратитесь в поддержку.",
)

REPAIR_PENDING = Words(
    "warn",
    "gpu_memory_repair_pending",
    "{gpu} has set bad memory aside and needs a reset to do without it.",
    "Save your work when it suits you, stop the server and start it again; tell the support.",
    "{gpu} пометил повреждённую память и должен быть сброшен, чтобы её не использовать.",
    "Когда будет удобно, сохраните работу, остановите сервер и запустите его снова; сообщите в поддержку.",
)

REPAIR_FAILED = Words(
    "fail",
    "gpu_memory_repair_failed",
    "{gpu} has bad memory that it could not set aside.",
    "Save your work, move to another instance and tell the support: the GPU must be replaced.",
    "У {gpu} есть повреждённая память, которую он не смог исключить.",
    "Сохраните работу, перейдите на другой инстанс и обратитесь в поддержку: GPU надо заменить.",
)

XID_OF_PROGRAM = Words(
    "warn",
    "gpu_xid_program",
    "A program failed on {gpu} (Xid {xid}).",
    "Mostly a fault of the program: an access out of bounds, a wrong kernel, a process that was killed. Restart the "
    "kernel that used the GPU; if it happens with programs that used to work, tell the support.",
    "Программа завершилась с ошибкой на {gpu} (Xid {xid}).",
    "Чаще всего это ошибка программы: выход за границы памяти, неверное ядро CUDA, убитый процесс. Перезапустите ядро, "
    "которое использовало GPU; если так падают программы, которые раньше работали, обратитесь в поддержку.",
)

XID_OF_MEMORY = Words(
    "warn",
    "gpu_xid_memory",
    "The memory of {gpu} has failed (Xid {xid}).",
    "Programs on it may have failed or computed wrong results. Save your work, stop the server and start it again, and "
    "tell the support.",
    "Сбой памяти {gpu} (Xid {xid}).",
    "Программы на нём могли завершиться с ошибкой или получить неверные результаты. Сохраните работу, остановите "
    "сервер и запустите его снова, и обратитесь в поддержку.",
)

XID_OF_HARDWARE = Words(
    "fail",
    "gpu_xid",
    "{gpu} has failed (Xid {xid}).",
    "Save your work. Programs on this GPU have failed. Stop the server and start it again, and tell the support the "
    "number.",
    "Сбой {gpu} (Xid {xid}).",
    "Сохраните работу. Программы на этом GPU завершились с ошибкой. Остановите сервер и запустите его снова, и "
    "сообщите номер в поддержку.",
)

_PROGRAM = frozenset({13, 31, 32, 37, 43, 45, 68, 69, 137})
_MEMORY = frozenset({48, 63, 64, 92, 94, 95, 140, 171, 172})


def of_code(code: int, id: str, gpu: str) -> Reading:
    """What an error code of NVML means."""
    words = OF_CODE.get(code)
    if words is None:
        return OTHER_CODE.reading(id, gpu, number=code)
    return words.reading(id, gpu)


def of_xid(xid: int, id: str, gpu: str) -> Reading:
    """What an Xid error means."""
    if xid == 79:  # the GPU has fallen off the bus
        return OF_CODE[GPU_IS_LOST].reading(id, gpu)
    words = XID_OF_PROGRAM if xid in _PROGRAM else XID_OF_MEMORY if xid in _MEMORY else XID_OF_HARDWARE
    return words.reading(id, gpu, xid=xid)


def of_throttling(mask: int, id: str, gpu: str) -> Reading | None:
    """What slows the GPU down, if it is a fault."""
    found = [(english, russian) for bit, english, russian in THROTTLING if mask & bit]
    if not found:
        return None
    # several bits say the same, and the hardware's bit is set beside its cause
    unique = list(dict.fromkeys(found[:-1] if len(found) > 1 and mask & 0x08 else found))
    english, russian = (", ".join(words) for words in zip(*unique, strict=True))
    return THROTTLED.reading(id, gpu, reasons=english, reasons_ru=russian)
