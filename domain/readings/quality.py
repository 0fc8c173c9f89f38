"""What is odd about a reading that was stored all the same."""

from enum import IntFlag


class Quality(IntFlag):
    """Bits of `reading.quality`. 0: nothing odd."""

    GOOD = 0
    SERVER_TIME = 1  # the device gave no time; the server's was taken
    AHEAD = 2  # measured more than two minutes after it was received
    LATE = 4  # received so long after the measurement that it raises no alarm
    SKEWED = 8  # the device's clock is off by more than a minute, and steadily so
    SOFT_LOW = 16  # below what is usual
    SOFT_HIGH = 32
    OUT_OF_RANGE = 64  # beyond the technical range that the device was registered with
    UNIT_ASSUMED = 128  # no unit came with it: the one registered, or the metric's own
    CORRECTED = 256  # replaces another value of the same moment
    GAP_BEFORE = 512  # messages of the device are missing before this one
    MAINTENANCE = 1024  # the device was being maintained
    FROZEN = 2048  # the whole record has repeated itself for too long


# A sample with one of these opens no alarm.
UNFIT_FOR_ALARMS = Quality.LATE | Quality.MAINTENANCE
