"""Names by which columns are recognized: synonyms in English and in other languages.

They are written as `segmentation.sales.column_mapping.normalize_name` returns them: lower case, no punctuation.
"""

from __future__ import annotations

_ENGLISH = {
    "customer_id": """customerid customer customerkey customerno customernumber custid clientid userid householdid
        householdkey memberid shopperid accountid buyerid buyer customercode clientcode custno customeruniqueid
        customeremail emailaddress email emailbilling billingemail buyeremail useremail contactemail buyerusername""",
    "transaction_id": """transactionid transaction orderid orderno ordernumber invoiceid invoiceno invoice
        invoicenumber basketid receiptid receiptno billno saleid ticketid receiptnumber receipt ordername orderref
        orderreference saleno salenumber checkno amazonorderid purchaseid documentno incrementid order""",
    "transaction_date": """transactiontimestamp transactiondatetime transactiondate orderdate ordertimestamp
        orderdatetime invoicedate purchasedate saledate salesdate orderedat purchasedat dateoforder dateofpurchase
        dateofsale purchasedon orderedon soldon datesold saletime ordertime orderpurchasetimestamp ordercreatedat
        date day datetime timestamp createdat paidat completedat datecreated created datepaid
        transactioncreationdate lineitemdate""",
    "net_sales_amount": """netsales netamount netrevenue netvalue net netprice nettotal salesvalue salesamount revenue
        linetotal lineamount itemtotal linenet extendedprice amount sales spend amountexcltax amountexclvat
        amountexvat amountextax totalexcltax totalexclvat totalexvat totalextax orderamount purchaseamount
        transactionamount priceexcltax priceexclvat priceexvat salesnet salesexcltax salesexclvat totalnet amountnet""",
    "total_amount": """total totalprice totalsales ordertotal invoiceamount amountpaid ordertotalamount grandtotal
        totalpurchaseamount totalpaid paymentvalue amountincltax amountinclvat amountincvat amountinctax
        totalincltax totalinclvat totalincvat totalinctax priceincltax priceinclvat priceincvat salesgross
        amounttotal""",
    "gross_sales_amount": "grosssales grossamount grossrevenue grossvalue gross",
    "discount_amount": """discount discountvalue totaldiscount discounts retaildisc discountpercentage discountpercent
        discountpct discountrate orderdiscount cartdiscount cartdiscountamount orderdiscountamount""",
    "quantity": """qty units quantitysold itemcount lineitemquantity quantityordered quantitypurchased itemquantity
        itemqty qtyordered""",
    "product_category": "category categoryname producttype department productgroup",
    "coupon_status": "coupon couponused",
    "product": """product sku itemnumber productid productcode productsku itemsku stockcode itemid articlenumber
        articleno asin variantid productname itemname itemtitle lineitemname producttitle description itemdescription
        productdescription item artikelnummer artikelnr artikel artikelbezeichnung produkt bezeichnung article
        referencearticle produit artikelnaam producto articulo prodotto articolo produto""",
    "order_status": """orderstatus orderstate status transactionstatus salestatus
        statemachinestate statemachinestatename""",
    "payment_status": "paymentstatus financialstatus paymentstate paidstatus",
    "item_status": "itemstatus linestatus lineitemstatus orderitemstatus orderlinestatus",
    "is_returned": "isreturned returned isrefunded returnedflag returnflag",
    "is_test": "istest istestorder testorder test",
    "line_type": """linetype eventtype transactiontype recordtype rowtype lineitemtype orderitemtype documenttype
        saletype itemtype type""",
    "cancelled_at": """cancelledat canceledat cancelleddate canceleddate cancellationdate cancelled canceled
        iscancelled iscanceled voided isvoided void isvoid voidflag""",
    "currency": "currency currencycode ordercurrency currencyiso isocurrency ordercurrencycode transactioncurrency",
    "unit_price": """unitprice price itemprice lineitemprice priceeach sellingprice pricepaid avgprice itemcost
        productprice""",
    "subtotal_amount": "subtotal ordersubtotal ordersubtotalamount cartsubtotal itemssubtotal subtotalamount",
    "line_discount_amount": "lineitemdiscount linediscount itemdiscount linediscountamount itemdiscountamount",
    "refund_amount": """refundedamount refundamount amountrefunded totalrefunded orderrefundamount refund refunded
        refunds refundedtotal refundtotal totalrefund totalrefundedamount refundedvalue""",
    "tax_amount": """tax taxes taxamount salestax totaltax taxtotal vat vatamount gst gstamount ordertax ordertaxamount
        ordertotaltaxamount""",
    "shipping_amount": """shipping shippingamount shippingcost shippingcharges shippingtotal ordershippingamount
        freight freightvalue freightamount deliverycharges deliveryfee postage""",
}
SYNONYMS: dict[str, tuple[str, ...]] = {name: tuple(text.split()) for name, text in _ENGLISH.items()}
"""In order of preference: if a table has several, the first one is used."""
LOCALIZED_SYNONYMS: dict[str, tuple[str, ...]] = {
    "customer_id": (
        """kundennummer kundennr kundenid kdnr kdnummer kundenschluessel debitor debitorennummer debitorennr
        mitgliedsnummer idclient numeroclient noclient nclient codeclient clientno clientnr klantnummer klantnr
        klantid klantcode idcliente clienteid numerocliente numcliente codigocliente codcliente codicecliente
        ncliente codigodocliente idkorisnika identifiantclient referenceclient nrklienta idklienta numerklienta
        kodklienta kundnummer kundnr kundid""",
        """kundenemail kundenmail rechnungsemail emailadresse mailadresse emailfacturation emailclient adresseemail
        courriel klantemail emailcliente correoelectronico correo emaildelcliente indirizzoemail emailklienta epost
        epostadress""",
        "kunde client klant cliente klient kund",
    ),
    "transaction_id": (
        """bestellnummer bestellnr bestellid rechnungsnummer rechnungsnr rechnungnr belegnummer belegnr auftragsnummer
        auftragsnr auftragid bonnummer bonnr numerocommande nocommande ncommande idcommande commandeid numerofacture
        nofacture nfacture idfacture bestelnummer bestelnr ordernummer factuurnummer factuurnr numeropedido
        numpedido npedido nopedido idpedido pedidoid numerofactura numfactura nfactura idfactura numeroordine
        nordine noordine idordine ordineid numerofattura nfattura numerodopedido numerodanota idzamowienia
        nrzamowienia numerzamowienia nrfaktury numerfaktury nrparagonu ordernr kvittonummer fakturanummer
        bestallningsnummer referencecommande refcommande""",
        """bestellung rechnung beleg auftrag bon commande facture bestelling factuur pedido factura ordine fattura
        scontrino encomenda zamowienie faktura paragon bestallning kvitto""",
    ),
    "transaction_date": (
        """bestelldatum rechnungsdatum kaufdatum belegdatum verkaufsdatum auftragsdatum buchungsdatum datecommande
        datedecommande datefacture datedefacture dateachat datedachat datevente besteldatum orderdatum factuurdatum
        aankoopdatum fechapedido fechadepedido fechafactura fechacompra fechadecompra fechaventa zeitpunkt
        bestellzeitpunkt datumbestelling dataordine datadellordine datafattura dataacquisto datavendita datapedido
        datadopedido datacompra datadacompra datavenda datazamowienia datasprzedazy datazakupu datafaktury
        bestallningsdatum kopdatum fakturadatum forsaljningsdatum""",
        "datum tag jour fecha data",
    ),
    "net_sales_amount": (
        """umsatznetto nettoumsatz nettobetrag betragnetto nettoerloes nettoerlos montantht totalht prixht montantnet
        canet caht ventesnettes nettoomzet omzetnetto nettobedrag bedragexclbtw totaalexclbtw omzetexclbtw
        prijsexclbtw baseimponible importesiniva importeneto ventasnetas ventaneta importonetto imponibile
        venditenette totalenetto valorliquido vendasliquidas totalliquido wartoscnetto kwotanetto sprzedaznetto
        nettobelopp nettoforsaljning beloppexklmoms""",
        """umsatz betrag erloes erlos netto chiffredaffaires montant ventes omzet bedrag importe ventas venta neto
        importo ricavo vendite valor receita vendas kwota wartosc sprzedaz belopp forsaljning omsattning""",
    ),
    "total_amount": (
        """gesamtbetrag gesamtumsatz gesamtbetragbasis gesamtsummebasis gesamtpreis gesamtsumme rechnungsbetrag
        gesamtpreisbrutto umsatzbrutto bruttoumsatz bruttobetrag betragbrutto brutto montantttc montanttotal
        montanttotaldelacommande
        totalttc prixtotal totaalbedrag totaalprijs brutobedrag bedraginclbtw totaalinclbtw prijsinclbtw
        importeconiva importetotal importebruto preciototal importototale prezzototale precototal totaleordine
        totalelordo importolordo valortotal totaldopedido valorbruto wartoscbrutto kwotabrutto totalbelopp
        bruttobelopp beloppinklmoms""",
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
        """warengruppe produktgruppe artikelgruppe produktkategorie kategorie categorieproduit categorie productgroep
        artikelgroep productcategorie categoria categoriaproducto categoriaprodotto categoriadoproduto
        kategoriaproduktu kategoria produktkategori kategori varugrupp""",
        "sortiment famille rayon familia",
    ),
    "order_status": (
        """bestellstatus auftragsstatus statutcommande statutdelacommande bestelstatus estadopedido estadodelpedido
        statoordine statodellordine statuspedido statusdopedido situacaodopedido statuszamowienia bestallningsstatus""",
        "statut estado stato situacao etat etatcommande etatdelacommande",
    ),
    "payment_status": (
        """zahlungsstatus bezahlstatus statutpaiement statutdupaiement betaalstatus betalingsstatus estadopago
        estadodelpago statopagamento statusdopagamento statusplatnosci betalstatus""",
        "",
    ),
    "line_type": (
        """belegart dokumentart vorgangsart buchungsart positionsart transaktionsart zeilentyp typedocument
        typededocument typedepiece typepiece typetransaction documentsoort regeltype tipodocumento tipodedocumento
        tipotransaccion tipomovimiento tipomovimento typdokumentu rodzajdokumentu dokumenttyp
        positionstyp transaktionstyp radtyp""",
        "typ tipo",
    ),
    "cancelled_at": (
        """storno storniert stornokz stornokennzeichen storniertam annule annulee annulele geannuleerd geannuleerdop
        cancelado anulado annullato anulowane makulerad""",
        "",
    ),
    "currency": ("waehrung wahrung devise valuta moneda moeda waluta", ""),
    "unit_price": (
        """einzelpreis stueckpreis stuckpreis prixunitaire stukprijs preciounitario prezzounitario precounitario
        cenajednostkowa styckpris""",
        "preis prix prijs precio prezzo preco cena pris",
    ),
    "tax_amount": ("mwst ust umsatzsteuer mehrwertsteuer tva btw iva steuer podatek moms ivaimporte", ""),
    "shipping_amount": (
        """versand versandkosten fraisdeport livraison verzendkosten gastosenvio envio spedizione spesedispedizione
        frete kosztwysylki frakt""",
        "",
    ),
    "refund_amount": ("erstattung erstattungsbetrag montantrembourse terugbetaling reembolso importerimborsato", ""),
}
"""Without accents. The second string is a fallback, used if the first matches nothing. "Brutto" includes tax."""
