"""The one error base of the training core. Anything else that escapes is a bug.

FskwsError
├── ConfigError    a setting or option is wrong
├── DataError      audio, data set or session cannot be used as asked
├── DeviceError    the device asked for is not there
├── RunError       a run directory cannot be read or written
└── TrainingError  training had to stop (non-finite loss, ...)
"""


class FskwsError(Exception):
    """Says what was given, what is allowed and what to do."""


class ConfigError(FskwsError):
    """A setting or option is wrong."""


class DataError(FskwsError):
    """Audio, data set or session cannot be used as asked."""


class DeviceError(FskwsError):
    """The device asked for is not there; there is never a silent fallback."""


class RunError(FskwsError):
    """A run directory cannot be read or written."""


class TrainingError(FskwsError):
    """Training had to stop."""
