// The WSDL as a client gets it: our address in it, and nothing else changed.
import t from 'tap'
import { serveWsdl } from '../../src/soap/wsdl/serve-wsdl.js'
import { projectText } from '../support/project.js'

const wsdl = projectText('wsdl/mktows-3_1.wsdl') ?? ''

t.test('the address is the given one, and everything else stays as it is in the file', async t => {
  const served = serveWsdl(wsdl, 'https://api.example.org/soap/mktows/3_1')

  t.match(served, '<soap:address location="https://api.example.org/soap/mktows/3_1"/>')
  t.equal(served.replace('https://api.example.org/', 'http://localhost/'), wsdl)
})

t.test('a URL with characters that XML knows is escaped', async t => {
  const served = serveWsdl(wsdl, 'https://x.example/a?b=1&c="<$&$1"')

  t.match(served, 'location="https://x.example/a?b=1&amp;c=&quot;&lt;$&amp;$1&quot;"')
})

t.test('each address is replaced, however it is written, and no other element of that name', async t => {
  const text =
    '<d xmlns:a="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:b="http://schemas.xmlsoap.org/wsdl/soap12/">' +
    "<!-- <a:address location='x'/> --><address location='x'/>" +
    "<a:address note='>' location = 'x' /><b:address location=\"x\"></b:address></d>"

  const served = serveWsdl(text, 'u:1')

  t.equal(
    served,
    '<d xmlns:a="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:b="http://schemas.xmlsoap.org/wsdl/soap12/">' +
      "<!-- <a:address location='x'/> --><address location='x'/>" +
      '<a:address note=\'>\' location = "u:1" /><b:address location="u:1"></b:address></d>',
  )
})

t.test('a WSDL without an address is refused', async t => {
  t.throws(() => serveWsdl('<definitions/>', 'u:1'), /expected a soap:address/)
})
