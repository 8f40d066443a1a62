"""What people and services ask of this service, a module for each thing."""
