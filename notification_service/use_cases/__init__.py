"""What happens here: an event is told, a person reads, an alert reaches the operators, a stream is followed."""
