"""The FAQ fast-path: common questions answered from RAM, without any model."""
