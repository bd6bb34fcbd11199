"""Explicit client-side encryption by libmongocrypt, with the keys that it is handed: it asks no server for anything.

Source: MongoDB's specification of client-side encryption; AEAD_AES_256_CBC_HMAC_SHA_512-Random.
"""

from collections.abc import Iterator
from typing import Any

from bson import decode, encode
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions
from pydantic import SecretBytes
from pymongo.encryption_shared import Algorithm
from pymongocrypt.mongocrypt import MongoCryptOptions  # type: ignore[import-untyped] # the package ships no types
from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter  # type: ignore[import-untyped] # as above
from pymongocrypt.synchronous.state_machine import MongoCryptCallback  # type: ignore[import-untyped] # as above

from shared.vault.masters import Compartment, provider_of, split, unnamed_provider

KeyDocument = dict[str, Any]
"""A data key as MongoDB keeps it: its id, its owner, and its bytes, wrapped by a master."""

KEY_EXPIRATION_MS = 1000
OPAQUE: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.UNSPECIFIED)


class Crypt:
    """Makes, wraps and uses data keys under the local masters of one compartment: the newest makes new keys.

    `MongoCryptError` is raised where a key can't be unwrapped or a ciphertext does not fit its key.
    """

    def __init__(self, compartment: Compartment, masters: SecretBytes) -> None:
        self.masters = masters
        held = split(masters)
        self.newest = provider_of(compartment, held[0])
        named = {provider_of(compartment, each): {"key": each} for each in held}
        # What was made before masters could rotate bears no name: it is the oldest's, and the first rotation names it.
        self._providers = {**named, unnamed_provider(compartment): {"key": held[-1]}}
        self._keys = _Handed()
        options = MongoCryptOptions(self._providers, key_expiration_ms=KEY_EXPIRATION_MS)
        self._encrypter = ExplicitEncrypter(self._keys, options)

    def unwraps(self, key: KeyDocument) -> bool:
        """Whether the master that wraps this key is held here."""
        return key["masterKey"]["provider"] in self._providers

    def new_key(self, owner: str) -> KeyDocument:
        """A new data key of an owner, wrapped, saved nowhere yet."""
        made: bytes = self._encrypter.create_data_key(self.newest, key_alt_names=[owner])
        return decode(made, OPAQUE)

    def rewrapped(self, key: KeyDocument) -> KeyDocument:
        """The same data key, wrapped by the newest master."""
        self._keys.at_hand = key
        [new] = decode(self._encrypter.rewrap_many_data_key({}, self.newest), OPAQUE)["v"]
        return {**key, "keyMaterial": new["keyMaterial"], "masterKey": new["masterKey"]}

    def encrypt(self, key: KeyDocument, content: bytes) -> bytes:
        """Content under a key."""
        self._keys.at_hand = key
        algorithm, plain = Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random.value, encode({"v": content})
        return bytes(decode(self._encrypter.encrypt(plain, algorithm, key_id=bytes(key["_id"])), OPAQUE)["v"])

    def decrypt(self, key: KeyDocument, sealed: bytes) -> bytes:
        """The content of what was encrypted under a key."""
        self._keys.at_hand = key
        return bytes(decode(self._encrypter.decrypt(encode({"v": Binary(sealed, 6)})), OPAQUE)["v"])

    def close(self) -> None:
        """Forget the master and every unwrapped key."""
        self._encrypter.close()


class _Handed(MongoCryptCallback):  # type: ignore[misc] # the package ships no types
    """What libmongocrypt would ask a server for: here there is only the key at hand."""

    def __init__(self) -> None:
        self.at_hand: KeyDocument = {}

    def fetch_keys(self, filter: bytes) -> Iterator[bytes]:
        yield encode(self.at_hand, codec_options=OPAQUE)

    def insert_data_key(self, data_key: bytes) -> bytes:
        return bytes(data_key)

    def bson_encode(self, doc: dict[str, Any]) -> bytes:
        return encode(doc)

    def kms_request(self, kms_context: object) -> None:
        raise NotImplementedError

    def collection_info(self, database: object, filter: object) -> None:
        raise NotImplementedError

    def mark_command(self, database: object, cmd: object) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.at_hand = {}
