"""Each process gets its own variables and no more."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from analytics_service import settings as analytics
from auth_service import settings as auth
from monitoring import settings as monitoring
from notification_service import settings as notification
from service_kit.env import Settings
from stack.errors import StackError
from stack.process_list import SetUp, load_process_list
from stack.run_during import open_to_receivers
from stack.secret_files import SecretFiles
from stack.variables import Variables
from transaction_service import settings as transaction

MakeVariables = Callable[..., Variables]
READERS: dict[str, type[Settings]] = {
    "auth-web": auth.WebSettings,
    "auth-relay": auth.RelaySettings,
    "auth-mailer": auth.MailerSettings,
    "transaction-web": transaction.WebSettings,
    "transaction-ledger-1": transaction.LedgerSettings,
    "transaction-ledger-2": transaction.LedgerSettings,
    "transaction-relay-1": transaction.RelaySettings,
    "transaction-relay-2": transaction.RelaySettings,
    "transaction-worker": transaction.WorkerSettings,
    "notification-web": notification.WebSettings,
    "notification-live": notification.LiveSettings,
    "notification-consumer": notification.ConsumerSettings,
    "notification-people": notification.ConsumerSettings,
    "notification-deliverer": notification.DelivererSettings,
    "analytics-web": analytics.WebSettings,
    "analytics-ingester": analytics.IngesterSettings,
    "analytics-reporter": analytics.ReporterSettings,
    "monitoring-web": monitoring.WebSettings,
    "monitoring-auditor": monitoring.AuditorSettings,
}


@pytest.mark.parametrize("name", READERS)
def test_a_process_gets_what_its_settings_read_and_no_secret_more(
    name: str, variables_with: MakeVariables, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = variables_with().of(load_process_list().process(name))
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)

    READERS[name].from_env()

    read = {field.upper() for field in READERS[name].model_fields}
    assert set(given) == read


def test_every_process_of_ours_is_read_by_some_settings() -> None:
    assert set(READERS) == {p.name for p in load_process_list().processes if p.kind == "service"}


def test_ports_follow_the_offset(variables_with: MakeVariables) -> None:
    ledger = variables_with().of(load_process_list().process("transaction-ledger-2"))

    assert ledger["HTTP_PORT"] == "5611"
    assert ledger["LEDGER_BIND"] == "tcp://127.0.0.1:5631"


def test_fronts_know_both_ledgers(variables_with: MakeVariables) -> None:
    web = variables_with().of(load_process_list().process("transaction-web"))

    assert web["LEDGER_ENDPOINTS"] == "tcp://127.0.0.1:5630,tcp://127.0.0.1:5631"


def test_a_service_logs_in_to_its_own_database(variables_with: MakeVariables, secrets: SecretFiles) -> None:
    url = variables_with().of(load_process_list().process("auth-web"))["MONGO_URL"]

    password = secrets["mongo-auth_service"]
    assert url == f"mongodb://auth_service:{password}@127.0.0.1:27517/auth?authSource=auth&replicaSet=rs0"


def test_mongodb_elsewhere_keeps_its_hosts_and_options(variables_with: MakeVariables) -> None:
    elsewhere = {"MONGO_ADMIN_URL": "mongodb://root:hidden@a:1,b:2/?authSource=admin&replicaSet=x&tls=true"}

    url = variables_with(elsewhere, {"mongod": "a:1"}).mongo_url("auth_service", "pw", "auth")

    assert url == "mongodb://auth_service:pw@a:1,b:2/auth?authSource=auth&replicaSet=x&tls=true"


def test_kafka_elsewhere_is_named_to_those_that_need_it(variables_with: MakeVariables) -> None:
    variables = variables_with({"KAFKA_BOOTSTRAP_SERVERS": "k:9092,l:9092"}, {"kafka": "k:9092"})

    assert variables.of(load_process_list().process("auth-relay"))["KAFKA_BOOTSTRAP_SERVERS"] == "k:9092,l:9092"


def test_a_variable_that_nothing_defines_is_named(variables_with: MakeVariables) -> None:
    with pytest.raises(StackError, match="wrong asks for 'NOT_THERE'"):
        variables_with().of(SetUp("wrong", "true", variables=("NOT_THERE",)))


def test_the_demo_log_in_reaches_the_landing_page(variables_with: MakeVariables, secrets: SecretFiles) -> None:
    web = variables_with().of(load_process_list().process("auth-web"))

    assert SecretStr(web["DEMO_PASSWORD"]).get_secret_value() == secrets["demo-password"]
    assert web["DEMO_USERNAME"] == "demo-001"


@pytest.mark.parametrize(
    ("settings", "targets"),
    [
        ({}, ""),
        ({"WEBHOOK_PRIVATE_TARGETS": "127.0.0.0/8,::1"}, "127.0.0.0/8,::1"),
    ],
)
def test_webhooks_reach_this_machine_only_where_somebody_says_so(
    variables_with: MakeVariables, settings: dict[str, str], targets: str
) -> None:
    deliverer = variables_with(settings).of(load_process_list().process("notification-deliverer"))

    assert deliverer["WEBHOOK_PRIVATE_TARGETS"] == targets


def test_a_command_with_a_stack_of_its_own_has_its_receivers_on_this_machine() -> None:
    assert open_to_receivers({"A": "b"}) == {"A": "b", "WEBHOOK_PRIVATE_TARGETS": "127.0.0.0/8,::1"}
    assert open_to_receivers({"WEBHOOK_PRIVATE_TARGETS": "10.0.0.0/8"}) == {"WEBHOOK_PRIVATE_TARGETS": "10.0.0.0/8"}
