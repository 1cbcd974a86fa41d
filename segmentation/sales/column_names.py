"""Names by which columns are recognized: synonyms in English and in other languages.

Names are compared by `segmentation.sales.column_mapping.normalize_name`, so they stand here without punctuation.
"""

from __future__ import annotations

_ENGLISH = {
    "customer_id": """customerid customer customerkey customerno customernumber custid clientid userid householdid
        householdkey memberid shopperid accountid buyerid buyer customercode clientcode custno
        customeruniqueid customeremail emailaddress email emailbilling billingemail buyeremail useremail
        contactemail""",
    "transaction_id": """transactionid transaction orderid orderno ordernumber invoiceid invoiceno invoice
        invoicenumber basketid receiptid receiptno billno saleid ticketid receiptnumber receipt ordername orderref
        orderreference saleno salenumber checkno amazonorderid purchaseid documentno order""",
    "transaction_date": """transactiontimestamp transactiondatetime transactiondate orderdate ordertimestamp
        orderdatetime invoicedate purchasedate saledate salesdate orderedat purchasedat dateoforder dateofpurchase
        dateofsale purchasedon orderedon soldon datesold saletime ordertime orderpurchasetimestamp ordercreatedat date
        day datetime timestamp createdat paidat completedat""",
    "net_sales_amount": """netsales netamount netrevenue netvalue net netprice nettotal salesvalue salesamount revenue
        linetotal lineamount itemtotal linenet extendedprice amount sales spend""",
    "total_amount": """total totalprice totalsales ordertotal invoiceamount amountpaid ordertotalamount grandtotal
        totalpaid paymentvalue""",
    "gross_sales_amount": "grosssales grossamount grossrevenue grossvalue gross",
    "discount_amount": """discount discountvalue totaldiscount discounts retaildisc discountpercentage discountpercent
        discountpct discountrate orderdiscount cartdiscount cartdiscountamount orderdiscountamount""",
    "quantity": """qty units quantitysold itemcount lineitemquantity quantityordered quantitypurchased itemquantity
        itemqty qtyordered""",
    "product_category": "category categoryname producttype department productgroup",
    "coupon_status": "coupon couponused",
    "order_status": "orderstatus orderstate status transactionstatus salestatus",
    "payment_status": "paymentstatus financialstatus paymentstate paidstatus",
    "line_type": """linetype eventtype transactiontype recordtype rowtype lineitemtype orderitemtype documenttype
        saletype type""",
    "cancelled_at": """cancelledat canceledat cancelleddate canceleddate cancellationdate cancelled canceled
        iscancelled iscanceled voided isvoided""",
    "currency": "currency currencycode ordercurrency currencyiso isocurrency ordercurrencycode transactioncurrency",
    "unit_price": """unitprice price itemprice lineitemprice priceeach sellingprice pricepaid avgprice itemcost
        productprice""",
    "subtotal_amount": "subtotal ordersubtotal ordersubtotalamount cartsubtotal itemssubtotal subtotalamount",
    "line_discount_amount": "lineitemdiscount linediscount itemdiscount linediscountamount itemdiscountamount",
    "refund_amount": """refundedamount refundamount amountrefunded totalrefunded orderrefundamount refund refunded
        refunds""",
    "tax_amount": """tax taxes taxamount salestax totaltax taxtotal vat vatamount gst gstamount ordertax
        ordertaxamount ordertotaltaxamount""",
    "shipping_amount": """shipping shippingamount shippingcost shippingcharges shippingtotal ordershippingamount
        freight freightvalue freightamount deliverycharges deliveryfee postage""",
}
SYNONYMS: dict[str, tuple[str, ...]] = {name: tuple(text.split()) for name, text in _ENGLISH.items()}
"""In order of preference: where a table has several, the first one is used."""
LOCALIZED_SYNONYMS: dict[str, tuple[str, str]] = {
    "customer_id": (
        """kundennummer kundennr kundenid kdnr kdnummer kundenschluessel debitor debitorennummer debitorennr
        mitgliedsnummer idclient numeroclient noclient nclient codeclient clientno clientnr klantnummer klantnr
        klantid klantcode idcliente clienteid numerocliente numcliente codigocliente codcliente codicecliente
        ncliente codigodocliente idkorisnika identifiantclient referenceclient nrklienta idklienta numerklienta
        kodklienta kundnummer kundnr kundid""",
        "kunde client klant cliente klient kund",
    ),
    "transaction_id": (
        """bestellnummer bestellnr bestellid rechnungsnummer rechnungsnr rechnungnr belegnummer belegnr
        auftragsnummer auftragsnr auftragid bonnummer bonnr numerocommande nocommande ncommande idcommande
        commandeid numerofacture nofacture nfacture idfacture bestelnummer bestelnr ordernummer factuurnummer
        factuurnr numeropedido numpedido npedido idpedido pedidoid numerofactura numfactura nfactura idfactura
        numeroordine nordine idordine ordineid numerofattura nfattura numerodopedido numerodanota idzamowienia
        nrzamowienia numerzamowienia nrfaktury numerfaktury nrparagonu ordernr kvittonummer fakturanummer
        bestallningsnummer referencecommande refcommande nopedido noordine""",
        """bestellung rechnung beleg auftrag bon commande facture bestelling factuur pedido factura ordine fattura
        scontrino encomenda zamowienie faktura paragon bestallning kvitto""",
    ),
    "transaction_date": (
        """bestelldatum rechnungsdatum kaufdatum belegdatum verkaufsdatum auftragsdatum buchungsdatum datecommande
        datedecommande datefacture datedefacture dateachat datedachat datevente besteldatum orderdatum
        factuurdatum aankoopdatum fechapedido fechadepedido fechafactura fechacompra fechadecompra fechaventa
        zeitpunkt bestellzeitpunkt datumbestelling dataordine datadellordine datafattura dataacquisto datavendita
        datapedido datadopedido datacompra
        datadacompra datavenda datazamowienia datasprzedazy datazakupu datafaktury bestallningsdatum kopdatum
        fakturadatum forsaljningsdatum""",
        "datum tag jour fecha data",
    ),
    "net_sales_amount": (
        """umsatznetto nettoumsatz nettobetrag betragnetto nettoerloes nettoerlos montantht montantnet canet caht
        ventesnettes nettoomzet omzetnetto nettobedrag importeneto ventasnetas ventaneta importonetto imponibile
        venditenette totalenetto valorliquido vendasliquidas totalliquido wartoscnetto kwotanetto sprzedaznetto
        nettobelopp nettoforsaljning beloppexklmoms bedragexclbtw totaalexclbtw""",
        """umsatz betrag erloes erlos netto chiffredaffaires montant ventes omzet bedrag importe ventas venta neto
        importo ricavo vendite valor receita vendas kwota wartosc sprzedaz belopp forsaljning omsattning""",
    ),
    "total_amount": (
        """gesamtbetrag gesamtpreis gesamtsumme rechnungsbetrag umsatzbrutto bruttoumsatz bruttobetrag betragbrutto
        brutto montantttc montanttotal totalttc prixtotal totaalbedrag totaalprijs brutobedrag importetotal
        importebruto preciototal importototale totaleordine totalelordo importolordo valortotal totaldopedido
        valorbruto wartoscbrutto kwotabrutto totalbelopp bruttobelopp beloppinklmoms
        prezzototale precototal gesamtumsatz bedraginclbtw totaalinclbtw""",
        "summe gesamt totaal totale lordo razem suma summa totalt",
    ),
    "gross_sales_amount": (
        "umsatzvorrabatt betragvorrabatt montantavantremise bedragvoorkorting importeantesdescuento",
        "",
    ),
    "discount_amount": (
        """rabattbetrag montantremise kortingsbedrag importedescuento importosconto valordesconto valordodesconto
        kwotarabatu rabattbelopp""",
        "rabatt nachlass remise rabais korting descuento sconto desconto rabat znizka",
    ),
    "quantity": (
        """menge anzahl stueckzahl stuckzahl quantite qte aantal hoeveelheid cantidad unidades quantita pezzi
        quantidade ilosc liczba sztuk antal kvantitet""",
        "stueck stuck",
    ),
    "product_category": (
        """warengruppe produktgruppe artikelgruppe produktkategorie kategorie categorieproduit categorie
        productgroep artikelgroep productcategorie categoria categoriaproducto categoriaprodotto
        categoriadoproduto kategoriaproduktu kategoria produktkategori kategori varugrupp""",
        "sortiment famille rayon familia",
    ),
    "order_status": (
        """bestellstatus auftragsstatus statutcommande bestelstatus estadopedido statoordine statuspedido
        statusdopedido statuszamowienia bestallningsstatus""",
        "",
    ),
    "currency": ("waehrung wahrung devise valuta moneda moeda waluta", ""),
    "unit_price": (
        """einzelpreis stueckpreis stuckpreis prixunitaire stukprijs preciounitario prezzounitario
        precounitario cenajednostkowa styckpris""",
        "preis prix prijs precio prezzo preco cena pris",
    ),
    "tax_amount": ("mwst ust umsatzsteuer mehrwertsteuer tva btw iva steuer podatek moms ivaimporte", ""),
    "shipping_amount": (
        """versand versandkosten fraisdeport livraison verzendkosten gastosenvio envio spedizione
        spesedispedizione frete kosztwysylki frakt""",
        "",
    ),
    "refund_amount": ("erstattung erstattungsbetrag montantrembourse terugbetaling reembolso importerimborsato", ""),
}
"""Without accents. The second string of a pair is used only where the first matches nothing. "Brutto" includes tax."""
