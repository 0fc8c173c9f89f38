"""Devices in GraphQL: lists, one device with its papers, and how much equipment is in use."""

from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.device_mutations import DeviceMutations as DeviceMutations
from api.device_use_views import DeviceSpot, EquipmentUseView
from api.device_views import DeviceDetail, DeviceNow
from api.query import Reader, query
from domain.devices import equipment, shown
from domain.devices.model import DeviceKind, DeviceState
from kit.errors import Invalid


@strawberry.type
class DeviceQueries:
    @query("device.read")
    def devices(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        kind: DeviceKind | None = None,
        state: DeviceState | None = None,
    ) -> Connection[DeviceNow]:
        """Devices by id. A ward has those at home in it and those attached in it."""
        rows = shown.devices(
            reader.session, reader.scopes, hospital_id=hospital_id, ward_id=ward_id, kind=kind,
            state=state, after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: DeviceNow.of(row, reader.now, reader.sight(row.scope))
        )

    @query("device.read")
    def device(self, reader: Reader, id: UUID) -> DeviceDetail:
        """One device with its credentials, metrics and latest attachments."""
        found = shown.papers(reader.session, reader.scopes, id)
        return DeviceDetail.of(found, reader.now, reader.sight(found.shown.scope))

    @query("device.read")
    def equipment_use(
        self, reader: Reader, hospital_id: UUID | None = None, ward_id: UUID | None = None
    ) -> list[EquipmentUseView]:
        """How many devices of each kind are in use, free, in maintenance or lost, by kind.

        A ward has the devices attached in it, and those at home in it and attached nowhere.
        """
        if hospital_id is None and ward_id is None:
            raise Invalid("give a hospital or a ward", field="hospitalId")
        place, uses = equipment.equipment_use(
            reader.session, reader.scopes, reader.now, hospital_id=hospital_id, ward_id=ward_id
        )
        return [EquipmentUseView.of(use, reader.now, reader.sight(place)) for use in uses]

    @query("device.attach")
    def device_spots(self, reader: Reader, ward_id: UUID) -> list[DeviceSpot]:
        """The rooms of a ward and their beds, by code: where a device can be attached."""
        place, spots = equipment.attachable_spots(reader.session, reader.scopes, ward_id)
        return [DeviceSpot.of(spot, reader.sight(place)) for spot in spots]
