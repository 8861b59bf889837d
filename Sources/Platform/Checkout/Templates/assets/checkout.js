// The live breakdown: a change of coupon or balance is priced by the server at once, and the page
// shows what the server says. Without scripts the "update" button does the same.
import { callAPI, money } from './kontor.js';

const form = document.querySelector('[data-checkout]');
if (form) {
  const quote = `/api/v1/quotes/${form.dataset.checkout}`;
  let latest = 0;

  const fen = (text) => {
    const match = /^\s*[¥￥]?([0-9,]+)(?:\.([0-9]{1,2}))?\s*$/.exec(text || '0');
    return match && Number(match[1].replaceAll(',', '')) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  };

  const show = (view) => {
    for (const element of form.querySelectorAll('[data-field]')) {
      const amount = view[element.dataset.field];
      element.dataset.amount = amount;
      element.textContent = (amount && element.classList.contains('minus') ? '−' : '') + money(amount);
    }
    const nets = form.querySelectorAll('[data-test="quote-line-net"]');
    view.lines.forEach((line, index) => {
      nets[index].dataset.amount = line.net;
      nets[index].textContent = money(line.net);
    });
    form.elements.expectedTotal.value = view.total;
  };

  const reprice = async () => {
    const wallet = fen(form.elements.walletAmount.value);
    if (wallet === null) return;
    const mine = ++latest;
    try {
      const current = await callAPI('GET', quote);
      const lines = current.lines.map((line, index) => ({
        courseId: line.courseId,
        policyId: line.policyId,
        couponId: form.elements[`lines.${index}.couponId`]?.value || null,
      }));
      const view = await callAPI('PATCH', quote, {
        lines,
        orderCouponId: form.elements.orderCouponId?.value || null,
        walletAmount: wallet,
      });
      // An answer that was overtaken by a newer question is not shown.
      if (mine === latest) show(view);
    } catch {
      // The server says no in full when the form is sent; until then the old sums stand.
    }
  };

  form.addEventListener('change', (event) => {
    if (event.target.matches('select, [name="walletAmount"]')) reprice();
  });
}
