"""The JSON that each task type gives, as marshmallow schemas: what workers store and the API documents."""
