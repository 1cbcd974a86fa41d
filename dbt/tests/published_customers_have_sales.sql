-- Customers with a segment but without a purchase in the sales: the sales are not those the run was made of, or spell
-- the customer otherwise (101.0 for 101).
{{ config(severity='warn') }}

select customer_id
from {{ ref('fct_customer_segments') }}
where activity_status = 'no purchase'
