"""What the web process answers: the API and the pages."""
