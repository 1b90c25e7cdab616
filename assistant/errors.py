"""The one error base of the assistant. Each carries the exit code of the command-line contract.

AssistantError (exit 1)
├── UsageError       wrong usage (exit 2)
├── SettingsError    the configuration cannot be used
├── DaemonError      the daemon cannot be reached, or another process owns the state
├── ModelUnavailable the language model is missing, broken or too slow
└── LaunchError      a run could not be started, stopped or found
    └── HostError    a host does not answer or cannot be used
"""


class AssistantError(Exception):
    """Says what was given, what is allowed and what to do."""

    exit_code = 1


class UsageError(AssistantError):
    """Wrong usage of a command."""

    exit_code = 2


class SettingsError(AssistantError):
    """The configuration cannot be used."""


class DaemonError(AssistantError):
    """The daemon cannot be reached, or another process owns the state."""


class ModelUnavailable(AssistantError):
    """The language model is missing, broken or too slow; the composed answer stands."""


class LaunchError(AssistantError):
    """A run could not be started, stopped or found."""


class HostError(LaunchError):
    """A host does not answer or cannot be used. kind: a word or two for it, see `hosts`."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind
