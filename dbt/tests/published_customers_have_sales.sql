-- Customers with a segment but no purchase in the sales: the run was trained on other sales, or ids are written
-- differently (101.0 instead of 101).
{{ config(severity='warn') }}

select customer_id
from {{ ref('fct_customer_segments') }}
where activity_status = 'no purchase'
