"""Forecast: sales at risk, expected sales by segment, customers to save, and how well past forecasts performed."""

from ui.data import forecasts, results
from ui.state.app_state import get_state
from ui.views import forecast, result_header

state = get_state()
segmentation = results.get_segmentation(state)
result_header.render_result_header(state, segmentation.training, segmentation.k)
horizon = forecast.select_horizon()
result = forecasts.get_forecast(state, horizon)
forecast.render_summary(result)
forecast.render_segments(state, result)
forecast.render_customers(state, result)
forecast.render_back_test(result)
