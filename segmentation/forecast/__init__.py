"""Forecasts of purchases and net sales of today's customers: customer by customer, by segment and in total.

Order of the modules: `purchase_histories` (lines -> one history per customer, in the engine), `purchase_model` and its
implementations `beta_geometric` and `pareto`, `fitting` (maximum likelihood), `spend_model` (Gamma-Gamma), `forecast`
(one row per customer), `ranges`, `back_test` (rolling origins), `shop_forecast` (all of it together), `forecast_sql`
(the same in SQL). What other packages use:

- `shop_forecast.forecast_shop(...) -> ShopForecast`: everything about one source.
- `forecast.forecast_customers(histories, model, spend, horizon, as_of) -> CustomerForecasts`: one row per customer.
- `simulation.simulate_purchases(model, x, t_x, T, horizon, rng) -> SimulatedPurchases`: random future purchases.

A purchase is a day on which a customer bought: all orders of a day are one purchase, even if they sum to no money; a
day with nothing but returns is none. Days are counted to the last day of the data, the day before the as-of date.
"""
