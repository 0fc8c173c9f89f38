"""Everything that can be done to devices."""

from domain.devices.attaching import AttachDevice as AttachDevice
from domain.devices.attaching import DetachDevice as DetachDevice
from domain.devices.credentials import IssueDevicePassword as IssueDevicePassword
from domain.devices.credentials import IssuedSecret as IssuedSecret
from domain.devices.credentials import RevokeCredential as RevokeCredential
from domain.devices.credentials import RotateCredential as RotateCredential
from domain.devices.credentials import TrustCertificate as TrustCertificate
from domain.devices.registering import RegisterDevice as RegisterDevice
from domain.devices.registering import Registered as Registered
from domain.devices.registering import RetireDevice as RetireDevice
from domain.devices.registering import UpdateDevice as UpdateDevice
from domain.devices.silence import MarkSilentDevices as MarkSilentDevices
from domain.devices.upkeep import BeginMaintenance as BeginMaintenance
from domain.devices.upkeep import EndMaintenance as EndMaintenance
from domain.devices.upkeep import NameDeviceMetric as NameDeviceMetric
from domain.devices.upkeep import RecordCalibration as RecordCalibration
