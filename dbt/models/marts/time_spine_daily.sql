-- The days that MetricFlow needs for metrics over time.
{{ config(materialized='table') }}

with days as (

    {{ dbt.date_spine('day', "cast('2010-01-01' as date)", "cast('2041-01-01' as date)") }}

)

select cast(date_day as date) as date_day
from days
