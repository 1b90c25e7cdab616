"""The one error base of vault and index. Anything else that escapes is a bug.

VaultSyncError
├── VaultError     the vault or a note cannot be read
├── WriteError     a note could not be written; nothing was changed
├── IndexBroken    SQLite or Chroma cannot be used as it stands
├── StoreError     the store cannot be read or written just now (disk full, read-only, locked); nothing is broken
└── EmbedderError  the embedding model cannot be loaded
"""


class VaultSyncError(Exception):
    """Says what was given, what is allowed and what to do."""


class VaultError(VaultSyncError):
    """The vault or a note cannot be read."""


class WriteError(VaultSyncError):
    """A note could not be written; nothing was changed."""


class IndexBroken(VaultSyncError):
    """SQLite or Chroma cannot be used as it stands on disk."""


class StoreError(VaultSyncError):
    """The store cannot be read or written just now; a rebuild would not help."""


class EmbedderError(VaultSyncError):
    """The embedding model cannot be loaded."""
