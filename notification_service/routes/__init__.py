"""The service's routes: for programs, people, Alertmanager, those who watch the pipeline; and the live stream."""
