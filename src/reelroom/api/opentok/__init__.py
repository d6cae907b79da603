"""The calls of the OpenTok and Vonage Video server API, as their SDKs make them."""
