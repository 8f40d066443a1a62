"""Makes a fresh mongod usable: the replica set of one, the first administrator, one user a service."""

from __future__ import annotations

import time
from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from stack.errors import StackError
from stack.secret_files import SERVICES
from stack.variables import AUDIT_DATABASE, DATABASES, Secrets

PRIMARY_SECONDS = 30
APPEND_ONLY = "appendOnly"
AUTHENTICATION_FAILED, USER_EXISTS, ALREADY_INITIALIZED, UNAUTHORIZED = 18, 51003, 23, 13
Client = pymongo.MongoClient[dict[str, Any]]


def prepare_own_mongo(address: str, secrets: Secrets, member: str = "") -> None:
    """Idempotent. `address`: host:port of the stack's own mongod, with access control on; `member`: the same as its
    clients know it, where that is another.

    Before the first user exists MongoDB lets a client of the same machine make one (the "localhost exception").
    """
    member = member or address
    admin = _own_client(address, password=secrets["mongo-admin"])
    with _own_client(address) as anonymous, admin:
        if not anonymous.admin.command("hello").get("setName"):
            _initiate(anonymous, member)
        try:
            admin.admin.command("ping")
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                raise
            _wait_for_primary(anonymous)
            _create_admin(anonymous, secrets["mongo-admin"])
        _correct_address(admin, member)
        _wait_for_primary(admin)
        ensure_users(admin, secrets)


def prepare_mongo_elsewhere(admin_url: str, secrets: Secrets) -> None:
    """Only the services' users are ours there."""
    try:
        with pymongo.MongoClient[dict[str, Any]](admin_url, serverSelectionTimeoutMS=5000) as admin:
            ensure_users(admin, secrets)
    except PyMongoError as error:
        raise StackError(f"MONGO_ADMIN_URL: {error}") from error


def ensure_users(admin: Client, secrets: Secrets) -> None:
    """One user a service, who lives in the service's database and may write there and nowhere else.

    Monitoring may besides read the ledger, which it audits, and the server's own figures. Auth may besides add to its
    audit log and read it: nothing that it is made to do changes what is written there.
    """
    _ensure_append_only(admin, AUDIT_DATABASE)
    for service in SERVICES:
        database = DATABASES[service]
        roles = [{"role": "readWrite", "db": database}]
        if service == "auth_service":
            roles.append({"role": APPEND_ONLY, "db": AUDIT_DATABASE})
        if service == "monitoring":
            ledger = DATABASES["transaction_service"]
            roles += [{"role": "read", "db": ledger}, {"role": "clusterMonitor", "db": "admin"}]
        user: dict[str, Any] = {"pwd": secrets[f"mongo-{service}"], "roles": roles}
        try:
            admin[database].command("createUser", service, **user)
        except OperationFailure as error:
            if error.code != USER_EXISTS:
                raise
            admin[database].command("updateUser", service, **user)


def _ensure_append_only(admin: Client, database: str) -> None:
    """A role in `database` that lets its holder find and insert there, and nothing else; with the collection."""
    if "entries" not in admin[database].list_collection_names():
        admin[database].create_collection("entries")  # a transaction would wait for a lock on the catalog
    privileges = [{"resource": {"db": database, "collection": ""}, "actions": ["find", "insert"]}]
    known = admin[database].command("rolesInfo", APPEND_ONLY)["roles"]
    admin[database].command("updateRole" if known else "createRole", APPEND_ONLY, privileges=privileges, roles=[])


def _own_client(address: str, password: str = "") -> Client:
    credentials: dict[str, Any] = {"username": "admin", "password": password, "authSource": "admin"} if password else {}
    return pymongo.MongoClient(
        f"mongodb://{address}/", directConnection=True, serverSelectionTimeoutMS=10_000, **credentials
    )


def _initiate(anonymous: Client, address: str) -> None:
    config = {"_id": "rs0", "members": [{"_id": 0, "host": address}]}
    try:
        anonymous.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        # After a restart it takes a moment to load its configuration, and then refuses the stranger.
        if error.code not in (ALREADY_INITIALIZED, UNAUTHORIZED):
            raise


def _create_admin(anonymous: Client, password: str) -> None:
    try:
        anonymous.admin.command("createUser", "admin", pwd=password, roles=["root"])
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        raise StackError(
            "mongod has users, but not with this stack's passwords: its secrets were lost; `make reset` starts anew"
        ) from error


def _correct_address(admin: Client, address: str) -> None:
    """A replica set remembers its member's port; after a move to other ports the member doesn't know itself."""
    config = admin.admin.command("replSetGetConfig")["config"] if _has_config(admin) else None
    if config and config["members"][0]["host"] != address:
        config["members"][0]["host"] = address
        config["version"] += 1
        admin.admin.command("replSetReconfig", config, force=True)


def _has_config(admin: Client) -> bool:
    hello = admin.admin.command("hello")
    return bool(hello.get("setName") or hello.get("isreplicaset") or hello.get("info"))


def _wait_for_primary(client: Client) -> None:
    deadline = time.monotonic() + PRIMARY_SECONDS
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            raise StackError(f"mongod didn't become the primary within {PRIMARY_SECONDS} s: `make logs NAME=mongod`")
        time.sleep(0.05)
