"""Making and changing the configuration file: questions, answers, and where secrets go."""
