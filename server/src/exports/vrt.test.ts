import { expect, test } from 'vitest'
import { renderVrt } from './vrt.ts'

test('describes every field and the geometry', () => {
  const text = renderVrt(
    {
      name: 'trees',
      fields: [{ name: 'flag', source: 'c1', type: 'Integer', subtype: 'Boolean' }],
      geometry: { name: 'the_geom', source: 'g', type: 'wkbPoint', srid: 4326 },
    },
    'rows.geojsonl',
    'rows',
  )
  expect(text).toBe(`<OGRVRTDataSource>
<OGRVRTLayer name="trees">
<SrcDataSource relativeToVRT="1">rows.geojsonl</SrcDataSource>
<SrcLayer>rows</SrcLayer>
<GeometryField name="the_geom" encoding="WKB" field="g">
<GeometryType>wkbPoint</GeometryType>
<SRS>EPSG:4326</SRS>
</GeometryField>
<Field name="flag" src="c1" type="Integer" subtype="Boolean"/>
</OGRVRTLayer>
</OGRVRTDataSource>
`)
})

test('no name leaves its attribute', () => {
  const text = renderVrt(
    {
      name: '"/><SrcDataSource>/etc/passwd</SrcDataSource>',
      fields: [{ name: `a"b'c<d>&e\n\u0001`, source: 'c0', type: 'String' }],
      geometry: undefined,
    },
    'rows.geojsonl',
    'rows',
  )
  expect(text.match(/<SrcDataSource/g)).toHaveLength(1)
  expect(text).toContain('name="a&#34;b&#39;c&#60;d&#62;&#38;e&#10;_"')
})
