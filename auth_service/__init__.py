"""Who people are: sign-up, log-in, sessions, access tokens and the keys that sign them."""
