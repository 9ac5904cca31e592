"""Messages to people, in the app always, by SMS and e-mail where they are set up."""
