"""Events and alerts become notifications: each once, in the right inbox, seen as it arrives."""
