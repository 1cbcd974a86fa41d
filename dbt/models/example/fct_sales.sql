-- fct_sales from the tables of a web shop, one row per sales line:
--   gross    = quantity x average price
--   net      = gross, less the category's mean discount over all months, if the coupon was used
--   gst      = net x the category's tax rate
--   total    = net + gst + delivery

with discounts as (

    select
        product_category,
        avg(discount_pct) / 100.0 as discount_share
    from {{ source('raw', 'discount_coupon') }}
    group by product_category

),

lines as (

    select
        sales.*,
        sales.quantity * sales.avg_price as gross_sales_amount,
        case when sales.coupon_status = 'Used' then coalesce(discounts.discount_share, 0) else 0 end as discount_share,
        coalesce(taxes.gst, 0) as gst_share
    from {{ source('raw', 'online_sales') }} as sales
    left join discounts
        on sales.product_category = discounts.product_category
    left join {{ source('raw', 'tax_amount') }} as taxes
        on sales.product_category = taxes.product_category

)

select
    customer_id,
    transaction_id,
    transaction_date,
    product_category,
    quantity,
    avg_price,
    coupon_status,
    delivery_charges,
    gross_sales_amount,
    gross_sales_amount * discount_share as discount_amount,
    gross_sales_amount * (1 - discount_share) as net_sales_amount,
    gross_sales_amount * (1 - discount_share) * gst_share as gst_amount,
    gross_sales_amount * (1 - discount_share) * (1 + gst_share) + delivery_charges as total_amount
from lines
