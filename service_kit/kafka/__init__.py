"""Kafka as this platform uses it: batches out and in, in order, each acknowledged before anything is forgotten."""

from service_kit.kafka.consumer import ConsumerLoop, ConsumerSettings
from service_kit.kafka.dead_letters import DlqLimit, dead_letters_of
from service_kit.kafka.errors import ConsumerNotReady, InvalidMessage, KafkaMisconfigured, PublishFailed
from service_kit.kafka.producer import Producer
from service_kit.kafka.records import Message, Record
from service_kit.metrics import Cause

__all__ = [
    "Cause",
    "ConsumerLoop",
    "ConsumerNotReady",
    "ConsumerSettings",
    "DlqLimit",
    "InvalidMessage",
    "KafkaMisconfigured",
    "Message",
    "Producer",
    "PublishFailed",
    "Record",
    "dead_letters_of",
]
