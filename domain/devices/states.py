"""The states of a device and the ways between them."""

from domain.devices.model import Device, DeviceState
from kit.errors import Conflict
from kit.work import Work

NEXT: dict[DeviceState, tuple[DeviceState, ...]] = {
    DeviceState.REGISTERED: (DeviceState.ACTIVE, DeviceState.MAINTENANCE, DeviceState.RETIRED),
    DeviceState.ACTIVE: (DeviceState.STALE, DeviceState.MAINTENANCE, DeviceState.RETIRED),
    DeviceState.STALE: (
        DeviceState.ACTIVE,
        DeviceState.LOST,
        DeviceState.MAINTENANCE,
        DeviceState.RETIRED,
    ),
    DeviceState.LOST: (DeviceState.ACTIVE, DeviceState.MAINTENANCE, DeviceState.RETIRED),
    DeviceState.MAINTENANCE: (DeviceState.REGISTERED, DeviceState.ACTIVE, DeviceState.RETIRED),
    DeviceState.RETIRED: (),
}


def turn(work: Work, device: Device, state: DeviceState) -> None:
    """Change the state and say so. Raises Conflict that names the allowed next states."""
    if state not in NEXT[device.state]:
        raise wrong_state(device)
    device.state, device.state_since = state, work.now
    work.emit("DeviceChanged", device.scope, device=device.id)


def require_kept(device: Device) -> None:
    """Raise Conflict for a device that has been retired: nothing about it changes any more."""
    if device.state == DeviceState.RETIRED:
        raise wrong_state(device)


def wrong_state(device: Device) -> Conflict:
    return Conflict(
        f"the device is {device.state}", reason="DEVICE_STATE", blocking=device.id,
        allowed=tuple(str(state) for state in NEXT[device.state]),
    )  # fmt: skip
