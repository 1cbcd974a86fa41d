"""What order statuses and line types mean: a table of values, compared without case and punctuation.

The meaning of a value is COUNT, RETURN, REFUND, or the reason why its lines are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from segmentation.runtime.boolean_texts import NO_TEXTS, YES_TEXTS
from segmentation.sales.column_mapping import strip_accents

COUNT, RETURN, REFUND, UNKNOWN = "", "return", "refunded", "unknown_status"
CANCELLED, UNPAID, TEST, NOT_ITEM, EXCLUDED = "cancelled", "unpaid", "test_order", "not_item", "status_excluded"
TREATMENT_MEANINGS = {"count": COUNT, "exclude": EXCLUDED, "refund": REFUND, "return": RETURN}
"""Treatment of the settings -> meaning."""

_STATUSES = {
    COUNT: """complete; completed; paid; shipped; partially shipped; fulfilled; partially fulfilled; unfulfilled;
        closed; processing; processed; delivered; partially delivered; done; success; successful; succeeded; settled;
        captured; approved; confirmed; invoiced; dispatched; in transit; out for delivery; picked up; ready for
        pickup; ready to ship; awaiting shipment; awaiting fulfillment; awaiting pickup; sent; received; accepted;
        finished; shipping; shipped delivered to buyer; shipped picked up; shipped out for delivery; payment
        received; payment accepted; sale; bezahlt; abgeschlossen; versendet; versandt; geliefert; zugestellt;
        erledigt; in bearbeitung; fakturiert; payee; paye; terminee; termine; expediee; expedie; livree; livre; en
        cours; en preparation; facturee; betaald; afgerond; voltooid; verzonden; geleverd; in behandeling; pagado;
        completado; completada; enviado; entregado; finalizado; procesando; facturado; pagato; completato; completo;
        spedito; consegnato; evaso; in lavorazione; chiuso; pago; concluido; concluida; entregue; faturado; em
        processamento; oplacone; zrealizowane; zrealizowany; wyslane; dostarczone; zakonczone; w realizacji; betald;
        slutford; levererad; skickad; klar; behandlas; authorized; partially paid; bestatigt; vollstandig;
        verarbeitung;
        teilweise bezahlt; teilweise versendet; confirmee; preparee; bezorgd; betaling ontvangen; confirmado; en
        proceso; en preparacion; preparado; confermato; pagata; spedita; completata; evasa; confirmada; paga;
        em separacao; potwierdzone; paiement accepte; komplett abgeschlossen; komplett bezahlt; komplett ausgeliefert;
        teilweise ausgeliefert; in bearbeitung wartet; w trakcie realizacji; bekraftad; in
        progress""",
    CANCELLED: """cancelled; canceled; cancel; cancelled by customer; cancelled by buyer; cancelled by seller; void;
        voided; reversed; canceled reversal; declined; denied; rejected; expired; failed; failure; error; abandoned;
        deleted; trash; unavailable; fraud; suspected fraud; chargeback; charged back; annulled; storno; storniert;
        storniert abgelehnt;
        abgebrochen; fehlgeschlagen; abgelehnt; annulee; annule; echouee; echoue; geannuleerd; mislukt; cancelado;
        cancelada; anulado; anulada; fallido; rechazado; annullato; annullata; fallito; rifiutato; recusado;
        anulowane; anulowany; nieudane; odrzucone; avbruten; makulerad; misslyckad; annullerad; payment failed;
        cancelled by user; cancelled by merchant; cancelled by admin; cancelled by system; betrugsverdacht;
        fehlgeschlagene zahlung; refusee; rechazada; fallida; caducado; cancellato; respinto; falhou; recusada""",
    UNPAID: """pending; pending payment; awaiting payment; payment pending; unpaid; on hold; onhold; holded; payment
        review; checkout draft; auto draft; waiting for payment; not paid; overdue; past due; uncollectible;
        incomplete; requires payment method; requires action; pending review; ausstehend; unbezahlt; zahlung
        ausstehend; wartend; en attente; en attente de paiement; impayee; in afwachting; pendiente; pendiente de
        pago; in attesa; in attesa di pagamento; pendente; aguardando pagamento; oczekujace; oczekuje na platnosc;
        vantande; vantar pa betalning; obetald; zuruckgestellt; in wartestellung; zahlungsprufung; warten auf zahlung;
        in de wacht; wacht op betaling; onbetaald; en espera; esperando pago; impagado; sospeso; in sospeso; non
        pagato; nao pago; em espera; nieoplacone; wstrzymane; pa vanta""",
    TEST: "test; test order; testbestellung; demo; sandbox",
    REFUND: """refunded; partially refunded; partial refund; partly refunded; refund; fully refunded; money back;
        erstattet; teilweise erstattet; rembourse; remboursee; partiellement remboursee; terugbetaald; returned;
        partially returned; returned to seller; shipped returned to seller; gedeeltelijk terugbetaald; reembolsado;
        parcialmente reembolsado; rimborsato; parzialmente rimborsato; zurueckgesendet; zuruckgesendet; retourniert;
        retournee; retourne; geretourneerd; devuelto; devolvido; reso; zwrocone; aterbetald; returnerad;
        ruckerstattet; rueckerstattet; teilweise ruckerstattet; teilerstattet; refund completed; refund issued;
        renvoyee; retour; devuelta;
        reembolsada; reso parziale; rimborsata; restituito; estornado; reembolsada parcialmente; devolvida;
        zwrot""",
}
_LINE_TYPES = {
    COUNT: """sale; sales; sale line; order; order line; orderline; order item; line item; lineitem; item; product;
        purchase; invoice; invoice line; charge; credit sale; cash sale; simple; variable; variation; configurable;
        bundle; gift card; verkauf; artikel; position; rechnung; vente; article; produit; verkoop; venta; producto;
        vendita; prodotto; venda; produto; sprzedaz; produkt; forsaljning; discount; markdown; shop order; facture;
        fattura; factura; factuur; fatura; faktura""",
    RETURN: """return; returns; return line; refund; refunds; refunded; credit; credit note; credit memo; creditmemo;
        chargeback; reversal; return item; gutschrift; retoure; ruecknahme; rucknahme; ruckgabe; erstattung; retour;
        avoir; remboursement; creditnota; devolucion; devolucao; abono; reso; nota di credito; rimborso; estorno;
        zwrot;
        korekta; retur; kreditfaktura; aterbetalning; shop order refund; order refund; rechnungskorrektur;
        stornorechnung; facture avoir; note de credit; nota de credito; factura rectificativa; creditfactuur;
        faktura korygujaca""",
    NOT_ITEM: """payment; payments; tender; subtotal; sub total; total; grand total; totals; sum; summary; header; order
        header; footer; shipping; shipping line; shipment; delivery; postage; freight; tax; taxes; tax line; vat;
        gst; tip; tips; gratuity; fee; fees; fee line; surcharge; coupon; coupon line; rounding; change; payout;
        transfer; comment; note; zahlung; zwischensumme; summe; gesamt; gesamtsumme; versand; porto; steuer;
        trinkgeld; paiement; livraison; sous total; betaling; verzending; belasting; subtotaal; totaal; pago; envio;
        impuesto; propina; pagamento; spedizione; totale; imposta; frete; imposto; platnosc; wysylka; suma;
        betalning; frakt; moms; summa""",
    CANCELLED: "cancelled; canceled; cancel; cancellation; void; voided; voided sale; no sale; storno",
    TEST: "test; training; demo",
}
FLAGS = {"is_returned": REFUND, "is_test": TEST}
"""Roles of yes/no columns -> what a yes means."""
_HEADER_LINE_TYPES = {
    "sale": {"sale line"},
    "order": {"order line", "orderline", "order item", "line item", "lineitem", "item", "product"},
    "invoice": {"invoice line", "line item", "item"},
}
"""Line types that repeat the sum of the lines below them -> other types, one of which must be present."""

_SHORTEST_WORD = 6
"""Minimum length of a single word that identifies a status."""


def normalize_status(value: str) -> str:
    """Lower-case a status and drop accents, punctuation and the prefix of WooCommerce.

    >>> [normalize_status(value) for value in (" On-Hold ", "wc-completed", "PARTIALLY_REFUNDED", "Pay\u00e9e")]
    ['on hold', 'completed', 'partially refunded', 'payee']
    """
    words = re.sub(r"[\W_]+", " ", strip_accents(value)).strip()
    return words.removeprefix("wc ")


def _index_by_value(table: Mapping[str, str]) -> dict[str, str]:
    return {normalize_status(value): meaning for meaning, text in table.items() for value in text.split(";")}


_FLAG_VALUES = {
    role: {
        **dict.fromkeys(map(normalize_status, {"", "not", "not returned"} | NO_TEXTS), COUNT),
        **dict.fromkeys(map(normalize_status, {"returned", "refunded"} | YES_TEXTS), meaning),
    }
    for role, meaning in FLAGS.items()
}
STATUSES, LINE_TYPES = _index_by_value(_STATUSES), _index_by_value(_LINE_TYPES)


def mentions_exclusion(values: Collection[str]) -> bool:
    """Whether a value contains a word for cancelled, unpaid or refunded, as only statuses do.

    >>> mentions_exclusion(["Gold", "Silver"]), mentions_exclusion(["At the tailor", "Storniert durch Kunde"])
    (False, True)
    """
    return any(
        STATUSES.get(word, COUNT) != COUNT and len(word) >= _SHORTEST_WORD
        for value in values
        for word in normalize_status(value).split()
    )


def classify_values(role: str, values: Collection[str], answers: Mapping[str, str]) -> dict[str, str]:
    """What each value of a status or line-type column means.

    Args:
        role: order_status, payment_status, item_status, line_type or one of FLAGS.
        values: the distinct values of the column, as the source spells them.
        answers: value, compared as `normalize_status` does -> treatment of the settings.

    Returns:
        value -> meaning, or UNKNOWN.

    >>> classify_values("order_status", ["Completed", "wc-failed", "at the tailor"], {"At the tailor": "count"})
    {'Completed': '', 'wc-failed': 'cancelled', 'at the tailor': ''}
    >>> classify_values("line_type", ["Sale", "Sale Line", "Payment"], {})
    {'Sale': 'not_item', 'Sale Line': '', 'Payment': 'not_item'}
    >>> classify_values("is_returned", ["Yes", "", "No"], {})
    {'Yes': 'refunded', '': '', 'No': ''}
    >>> classify_values("line_type", ["Payment", "Refund"], {})
    {'Payment': '', 'Refund': 'return'}
    """
    table = _FLAG_VALUES[role] if role in FLAGS else LINE_TYPES if role == "line_type" else STATUSES
    answered = {normalize_status(value): TREATMENT_MEANINGS[treatment] for value, treatment in answers.items()}
    plain = {value: normalize_status(value) for value in values}
    meanings = {value: answered.get(text, table.get(text, UNKNOWN)) for value, text in plain.items()}
    if role == "line_type":
        present = set(plain.values())
        has_items = any(meaning == COUNT for meaning in meanings.values())
        for value, text in plain.items():
            if text in answered:
                continue
            if _HEADER_LINE_TYPES.get(text, set()) & present:
                meanings[value] = NOT_ITEM
            elif text in {"payment", "payments"} and not has_items:  # Square: a payment is a sale, a refund a return
                meanings[value] = COUNT
    return meanings
